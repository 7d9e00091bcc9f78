import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startCommand } from './support/command';
import { addApp } from './support/factors';
import { type Gatehouse, type ServiceName, startGatehouse } from './support/gatehouse';
import { logIn, send } from './support/http';
import { until } from './support/service-process';

const rows = 10_000;

let gatehouse: Gatehouse;
let directory: Client;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse import '));
  gatehouse = await startGatehouse();
  directory = new Client({ connectionString: gatehouse.databases.user });
  await directory.connect();
});
afterAll(async () => {
  await directory.end();
  await gatehouse.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => startCommand(gatehouse, ...args);

const emailOf = (index: number) => `person${String(index).padStart(5, '0')}@example.com`;
const countPeople = async () => Number((await directory.query("select count(*) from users where email like 'person%'")).rows[0].count);
const kill = async (service: ServiceName) => {
  gatehouse.processes[service].child.kill('SIGKILL');
  await gatehouse.processes[service].exited;
  gatehouse.start(service);
};

it('an import of which everything is killed in turn ends with exactly the rows of the file, and an export gives the same people', async () => {
  const file = join(folder, 'people.ndjson');
  const users = Array.from({ length: rows }, (_, index) => ({
    email: emailOf(index),
    givenName: `N ${index}`,
    externalIds: [{ provider: 'crm', id: String(index) }],
  }));
  writeFileSync(file, users.map((user) => `${JSON.stringify(user)}\n`).join(''));

  const first = run('import', file);
  for (const [index, service] of (['user', 'gateway', 'user', 'gateway', 'user'] as const).entries()) {
    await until(`row ${index * 1_500}`, async () => (await countPeople()) > index * 1_500, 60_000);
    await kill(service);
  }
  await until('most rows', async () => (await countPeople()) > 8_000, 60_000);
  first.child.kill('SIGKILL');
  await first.ended;
  expect(await countPeople()).toBeLessThan(rows);

  const { status, stdout, stderr } = await run('import', file).ended;
  expect([status, stderr]).toEqual([0, expect.stringMatching(/^going on after row [\d,]+ of the import/)]);
  expect(stdout).toMatch(/^ {2}created +10,000\n {2}updated +0\n {2}unchanged +0\n {2}skipped +0\n {2}failed +0$/m);
  const { rows: found } = await directory.query("select email from users where email like 'person%' order by email");
  expect(found.map(({ email }) => email)).toEqual(users.map(({ email }) => email));

  const output = join(folder, 'exported.ndjson');
  expect(await run('export', '--output', output).ended).toMatchObject({ status: 0 });
  const exported = readFileSync(output, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ email }) => email.startsWith('person'))
    .map(({ email, givenName, externalIds }) => ({ email, givenName, externalIds }));
  expect(exported.toSorted((one, other) => (one.email < other.email ? -1 : 1))).toEqual(users);

  // what was exported is what is there
  expect((await run('import', output).ended).stdout).toMatch(/^ {2}unchanged +10,001$/m);
});

describe('accounts', () => {
  const hashOf = (password: string) =>
    `{SSHA256}${Buffer.concat([createHash('sha256').update(`${password}salty`).digest(), Buffer.from('salty')]).toString('base64')}`;
  const accounts = Array.from({ length: 3_000 }, (_, index) => ({ email: `account${index}@example.com`, passwordHash: hashOf(`pw ${index}`) }));
  let proofs: Client;
  beforeAll(async () => {
    proofs = new Client({ connectionString: gatehouse.databases.auth });
    await proofs.connect();
    await allowToImportAccounts();
  });
  afterAll(() => proofs.end());

  /** Gives the administrator a role with the permission. */
  async function allowToImportAccounts(): Promise<void> {
    const token = await logIn(gatehouse.url, gatehouse.administrator);
    const { body: me } = await send(gatehouse.url, 'GET', '/v1/users/me', { token });
    expect((await send(gatehouse.url, 'POST', '/v1/roles?roleId=importers', { token, body: { permissions: ['accounts.import'] } })).status).toBe(200);
    expect((await send(gatehouse.url, 'POST', `/v1/users/${me.id}:setRoles`, { token, body: { roleIds: ['admin', 'member', 'importers'] } })).status).toBe(200);
  }

  it('that are imported while both services are killed in turn each have their person and their password once', async () => {
    const file = join(folder, 'accounts.ndjson');
    writeFileSync(file, accounts.map((account) => `${JSON.stringify(account)}\n`).join(''));
    const countPasswords = async () => Number((await proofs.query('select count(*) from credentials')).rows[0].count);
    const { ended } = run('import', file);
    for (const [index, service] of (['auth', 'user', 'auth'] as const).entries()) {
      await until(`password ${index * 500}`, async () => (await countPasswords()) > index * 500 + 1, 60_000);
      await kill(service);
    }
    const { status, stdout } = await ended;
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^ {2}updated +0$/m)]);
    const { rows: people } = await directory.query("select id, email from users where email like 'account%'");
    const { rows: hashes } = await proofs.query('select user_id, password_hash from credentials');
    const hashById = new Map(hashes.map(({ user_id: id, password_hash: hash }) => [id, hash]));
    expect(new Map(people.map(({ id, email }) => [email, hashById.get(id)]))).toEqual(
      new Map(accounts.map(({ email, passwordHash }) => [email, `imported:${passwordHash}`])),
    );
    await gatehouse.ready();
    expect(await logIn(gatehouse.url, { email: 'account7@example.com', password: 'pw 7' })).toEqual(expect.any(String));
    const { rows: renewed } = await proofs.query("select count(*) from credentials where password_hash not like 'imported:%'");
    expect(Number(renewed[0].count)).toBe(2);
  });
});

it('an administrator with an authenticator app exports with a code of it, and with a recovery code', async () => {
  const { recoveryCodes, nextCode } = await addApp(gatehouse.url, await logIn(gatehouse.url, gatehouse.administrator));
  for (const code of [nextCode(), recoveryCodes[0]!])
    expect(await startCommand({ ...gatehouse, code }, 'export', '--output', join(folder, 'all.ndjson')).ended).toMatchObject({ status: 0 });
  expect(await run('export').ended).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('set GATEHOUSE_CODE') });
});
