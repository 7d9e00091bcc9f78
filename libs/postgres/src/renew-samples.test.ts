import { createDatabase, type Database } from './database';
import { renewSamples } from './renew-samples';
import { createTestDatabase, type TestDatabase } from './testing';

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase([{ name: 'thing', migrations: [{ name: '0001_create_things', sql: 'create table things (value text)' }] }]);
  database = createDatabase({ url: testDatabase.url, applicationName: 'test', poolSize: 2 });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});
const run = (text: string) => database.query<{ text: string }>({ name: text, text, isPrepared: false });
const noted = async () => (await run(`select histogram_bounds::text as text from pg_stats where tablename = 'things'`))[0]?.text ?? '';

it('what the planner has noted of rows that are gone is taken anew once it is old, and not before', async () => {
  await run(`insert into things select 'value ' || n from generate_series(1, 20) n`);
  await renewSamples(database, 60_000);
  expect(await noted()).toContain('value 7');
  await run(`delete from things where value = 'value 7'`);
  await renewSamples(database, 60_000);
  expect(await noted()).toContain('value 7');
  while ((await noted()).includes('value 7')) await renewSamples(database, 0);
  expect(await noted()).toContain('value 8');
});
