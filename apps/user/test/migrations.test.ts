import { createDatabase, migrate } from '@gatehouse/postgres';
import { createTestDatabase } from '@gatehouse/postgres/testing';
import { migrationSets } from '../src/app';
import { startUser } from './user-under-test';

it('people of before emails had a canonical form get it, and keep their address as their own', async () => {
  const before = migrationSets.map(({ name, migrations }) => ({ name, migrations: migrations.filter((each) => each.name !== '0003_lower_email_domains') }));
  const { url, drop } = await createTestDatabase(before);
  const [adaId, bobId] = ['018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002'];
  const database = createDatabase({ url, applicationName: 'test' });
  const text = `insert into users (id, email, display_name) values ($1, 'Ada@Example.COM', ''), ($2, 'Bob@example.com', '')`;
  await database.query({ name: 'insert-people', text, values: [adaId, bobId] });
  await database.close();
  await migrate({ url, sets: migrationSets });
  const user = await startUser(url);
  const ada = await (await user.asPerson(adaId)).getUser({ id: 'me' });
  expect(ada).toMatchObject({ email: 'Ada@example.com', etag: '"2"' });
  expect(await (await user.asPerson(bobId)).getUser({ id: 'me' })).toMatchObject({ email: 'Bob@example.com', etag: '"1"' });
  // what was sent before is no change of the email today
  expect(await (await user.asPerson(adaId)).updateUser({ user: { id: 'me', email: 'Ada@Example.COM', displayName: 'Ada' } })).toMatchObject({
    displayName: 'Ada',
  });
  await user.close();
  await drop();
});
