import { startPostgresServer, type PostgresServer } from '@gatehouse/postgres-server';
import { migrate } from '@gatehouse/postgres';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrationSets } from '../src/app';
import { startUser, type UserUnderTest, verdictOf } from './user-under-test';

let folder: string;
let server: PostgresServer;
let user: UserUnderTest;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'user outage '));
  await chmod(folder, 0o711); // PostgreSQL's account passes through when we are root
  server = await startPostgresServer({ dataFolder: folder, durable: false });
});
afterAll(async () => {
  await user.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const readyz = async () => (await fetch(`http://127.0.0.1:${user.app.adminPort}/readyz`)).status;
const until = async (condition: () => Promise<boolean>) => {
  const start = Date.now();
  while (!(await condition())) {
    if (Date.now() - start > 10_000) throw new Error('it did not happen within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return Date.now() - start;
};

it('starts without its tables, is ready once they are there, survives a database that goes and comes back', async () => {
  const url = await server.createDatabase('outage', { role: 'outage', password: 'outage' });
  user = await startUser(url);
  const admin = await user.asAdmin();
  expect(await readyz()).toBe(503);
  await migrate({ url, sets: migrationSets });
  await until(async () => (await readyz()) === 200);
  expect(await verdictOf(admin.createUser({ email: 'before@example.com' }))).toBe('OK');

  await server.stop();
  expect(await verdictOf(admin.listUsers({}))).toBe('UNAVAILABLE UNAVAILABLE');
  await until(async () => (await readyz()) === 503);
  expect((await fetch(`http://127.0.0.1:${user.app.adminPort}/livez`)).status).toBe(200);

  server = await startPostgresServer({ dataFolder: folder, port: server.port, durable: false });
  expect(await until(async () => (await readyz()) === 200)).toBeLessThan(3_000);
  expect((await admin.listUsers({})).users.map(({ email }) => email)).toEqual(['before@example.com']);
});
