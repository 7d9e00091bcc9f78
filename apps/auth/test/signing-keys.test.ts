import { migrate } from '@gatehouse/postgres';
import { type PostgresServer, startPostgresServer } from '@gatehouse/postgres-server';
import { createTestDatabase } from '@gatehouse/postgres/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { migrationSets } from '../src/app';
import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';

const password = 'correct horse battery';
let under: AuthUnderTest;
beforeAll(async () => {
  under = await startAuth();
});
afterAll(() => under.close());

const kidsOf = async ({ verifier }: AuthUnderTest) => (await verifier.getJwks({})).keys.map(({ kid }) => kid);

it('is one key, kept over restarts, however many processes start at once', async () => {
  const empty = await createTestDatabase(migrationSets);
  const started = await Promise.all(Array.from({ length: 4 }, () => startAuth({ beside: under, settings: { AUTH_DATABASE_URL: empty.url } })));
  const kids = (await Promise.all(started.map(kidsOf))).flat();
  expect(kids).toHaveLength(4);
  expect(new Set(kids).size).toBe(1);
  await Promise.all(started.map((each) => each.close()));
  const again = await startAuth({ beside: under, settings: { AUTH_DATABASE_URL: empty.url } });
  expect(await kidsOf(again)).toEqual([kids[0]]);
  await again.close();
  await empty.drop();
});

it('is not replaced under a wrong AUTH_SECRET_KEY: the process is not ready, says why, and signs nothing', async () => {
  await under.auth.signUp({ email: 'ada@example.com', password });
  // that somebody tried is counted under either key
  const forget = () => under.database.query({ name: 'forget', text: 'delete from attempts' });
  await forget();
  const before = await under.dump();
  let log = '';
  const logStream = new Writable({
    write(chunk, _, done) {
      log += chunk;
      done();
    },
  });
  const wrong = await startAuth({
    beside: under,
    isUnready: true,
    settings: { AUTH_SECRET_KEY: Buffer.alloc(32, 8).toString('base64'), LOG_LEVEL: 'warn' },
    overrides: { logStream },
  });
  expect(await wrong.readyz()).toBe(503);
  expect(log).toMatch(/signing-key.*AUTH_SECRET_KEY/);
  expect(await verdictOf(wrong.auth.login({ email: 'ada@example.com', password }))).toBe('UNAVAILABLE UNAVAILABLE');
  expect(await verdictOf(wrong.verifier.getJwks({}))).toBe('UNAVAILABLE UNAVAILABLE');
  await wrong.close();
  await forget();
  expect(await under.dump()).toBe(before);
  expect(await verdictOf(under.auth.login({ email: 'ada@example.com', password }))).toBe('OK');
});

it('says in a dump nothing of its private half', async () => {
  const [row] = await under.database.query<{ sealed_private_key: Buffer }>({ name: 'read-key', text: 'select sealed_private_key from signing_keys' });
  // iv, tag and 43 characters of `d`
  expect(row!.sealed_private_key).toHaveLength(12 + 16 + 43);
  const { keys } = await under.verifier.getJwks({});
  expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
});

describe('readiness', () => {
  let folder: string;
  let server: PostgresServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'auth outage '));
    server = await startPostgresServer({ dataFolder: join(folder, 'data'), durable: false });
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('waits for database and tables, not for user, and heals within two seconds', async () => {
    const url = await server.createDatabase('outage', { role: 'outage', password: 'outage' });
    await server.stop();
    const early = await startAuth({ beside: under, isUnready: true, settings: { AUTH_DATABASE_URL: url, AUTH_USER_TARGET: '127.0.0.1:1' } });
    expect(await early.readyz()).toBe(503);
    server = await startPostgresServer({ dataFolder: join(folder, 'data'), port: server.port, durable: false });
    await migrate({ url, sets: migrationSets });
    expect(await until(async () => (await early.readyz()) === 200)).toBeLessThan(2_000);
    expect(await kidsOf(early)).toHaveLength(1);
    expect(await verdictOf(early.auth.login({ email: 'ada@example.com', password }))).toBe('UNAVAILABLE UNAVAILABLE');

    await server.stop();
    await until(async () => (await early.readyz()) === 503);
    expect((await fetch(`http://127.0.0.1:${early.app.adminPort}/livez`)).status).toBe(200);
    server = await startPostgresServer({ dataFolder: join(folder, 'data'), port: server.port, durable: false });
    expect(await until(async () => (await early.readyz()) === 200)).toBeLessThan(2_500);
    await early.close();
  });
});
