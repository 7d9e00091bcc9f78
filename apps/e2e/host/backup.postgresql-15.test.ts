import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gatehouse, startGatehouse } from '../test/support/gatehouse';
import { logIn, send, signUp } from '../test/support/http';
import { until } from '../test/support/service-process';
import { whileChanged, withClient } from '../test/support/with-client';

// the commands of docs/backup.md, with Debian's own programs
const postgres = '/usr/lib/postgresql/15';
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-backup-'));
const password = 'correct horse battery';
let gatehouse: Gatehouse;
beforeAll(async () => (gatehouse = await startGatehouse({ postgres })));
afterAll(async () => {
  await gatehouse?.close();
  rmSync(folder, { recursive: true });
});

type Service = 'user' | 'auth';
const client = (program: string, ...args: string[]) => execFileSync(`${postgres}/bin/${program}`, args, { stdio: ['ignore', 'ignore', 'pipe'] });
const dump = (service: Service) => client('pg_dump', '--format=custom', '--no-owner', `--file=${join(folder, service)}`, gatehouse.databases[service]);

/** A new database in the place of the old one, filled from the dump. */
async function restore(service: Service): Promise<void> {
  const name = `gatehouse_${service}`;
  await withClient(gatehouse.superuser[service].replace(/[^/]*$/, 'postgres'), async (superuser) => {
    await superuser.query(`drop database ${name} with (force)`);
    await superuser.query(`create database ${name} owner ${name}`);
  });
  client('pg_restore', '--no-owner', '--exit-on-error', '--single-transaction', `--dbname=${gatehouse.databases[service]}`, join(folder, service));
}
const stop = async () => {
  for (const service of ['gateway', 'auth', 'user'] as const) await gatehouse.stop(service);
};
async function start(...services: ('user' | 'auth' | 'gateway')[]): Promise<void> {
  for (const service of services) gatehouse.start(service);
  for (const service of services) await until(`${service} is ready`, async () => (await gatehouse.readyz(service)) === 200);
}

const enter = async (name: string) => (await signUp(gatehouse.url, `${name}@example.com`, password)).body;
const login = async (name: string, given = password) =>
  (await send(gatehouse.url, 'POST', '/v1/auth/login', { body: { email: `${name}@example.com`, password: given } })).status;
const refresh = (refreshToken: string) => send(gatehouse.url, 'POST', '/v1/auth/refresh', { body: { refreshToken } });

it('auth older than user: every session ends, no token is traded twice, no half sign-up is claimed, and who has no password is named', async () => {
  const { url, databases } = gatehouse;
  const [ada, bob] = [await enter('ada'), await enter('bob')];
  const revoked = ['revoke insert on credentials from gatehouse_auth', 'grant insert on credentials to gatehouse_auth'] as const;
  await whileChanged(databases.auth, ...revoked, async () => void (await signUp(url, 'half@example.com', 'the first password')));
  dump('auth');

  // what the backup does not have
  const later = (await refresh(ada.refreshToken)).body;
  await send(url, 'POST', '/v1/auth/logout', { body: { refreshToken: bob.refreshToken } });
  const half = await enter('half');
  const cy = await enter('cy');
  const token = await logIn(url, gatehouse.administrator);
  const grace = (await send(url, 'POST', '/v1/users', { token, body: { email: 'grace@example.com' } })).body;

  await stop();
  await restore('auth');
  expect(await gatehouse.run('auth', 'migrate')).not.toContain('applied');
  expect(await gatehouse.run('auth', 'reconcile', '--without-user')).toBe('ended: 2 sessions, 1 sign-ups, 0 mailed codes');
  await start('auth', 'user');
  const dry = await gatehouse.run('auth', 'reconcile', '--auth-is-current', '--dry-run');
  expect(dry).toContain('people: 6; without a password: 3; passwords to remove, of people whom user does not know: 0');
  const said = await gatehouse.run('auth', 'reconcile', '--auth-is-current', '--list');
  for (const id of [half.user.id, cy.user.id, grace.id]) expect(said).toContain(`without-password ${id}`);
  expect(said).not.toContain('@');
  await start('gateway');

  for (const { refreshToken } of [ada, bob, later, cy])
    expect(await refresh(refreshToken)).toMatchObject({ status: 401, body: { reason: 'REFRESH_TOKEN_INVALID' } });
  expect([await login('ada'), await login('bob'), await login('cy'), await login('half'), await login('half', 'the first password')]).toEqual([
    200, 200, 401, 401, 401,
  ]);
  expect(await signUp(url, 'half@example.com', "a stranger's password")).toMatchObject({ status: 409, body: { reason: 'EMAIL_TAKEN' } });
  // the key that signed it is in the backup, and its session is over
  expect(await send(url, 'GET', '/v1/users/me', { token: later.accessToken })).toMatchObject({ status: 401, body: { reason: 'TOKEN_REVOKED' } });
});

it('user older than auth: the password of who is not known any more goes, with their sessions; they can sign up again, and the others go on', async () => {
  const { url } = gatehouse;
  const eve = await enter('eve');
  dump('user');
  const dora = await enter('dora');
  await send(url, 'PATCH', '/v1/users/me', { token: eve.accessToken, body: { displayName: 'Countess' } });

  await stop();
  await restore('user');
  await start('auth', 'user');
  expect(await gatehouse.run('auth', 'reconcile', '--auth-is-current', '--list')).toContain(`unknown ${dora.user.id}`);
  expect(await gatehouse.run('auth', 'reconcile', '--auth-is-current')).toContain('of people whom user does not know: 0');
  await start('gateway');

  expect((await refresh(dora.refreshToken)).status).toBe(401);
  expect(await login('dora')).toBe(401);
  const again = await enter('dora');
  expect(again.user.id).not.toBe(dora.user.id);
  const refreshed = await refresh(eve.refreshToken);
  expect(refreshed.status).toBe(200);
  expect((await send(url, 'GET', '/v1/users/me', { token: refreshed.body.accessToken })).body.displayName).toBe('eve');
});
