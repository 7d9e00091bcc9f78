import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type Gatehouse, type ServiceName, startGatehouse } from './support/gatehouse';
import { until } from './support/service-process';

const main = join(__dirname, '../../../dist/apps/cli/main.cjs');
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

/** The built command as a process, as the administrator. */
function run(...args: string[]) {
  const { email, password } = gatehouse.administrator;
  const child = spawn(process.execPath, [main, ...args, '--url', gatehouse.url], {
    env: { PATH: process.env.PATH ?? '', GATEHOUSE_EMAIL: email, GATEHOUSE_PASSWORD: password },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) =>
    child.once('close', (status) => resolve({ status, stdout, stderr })),
  );
  return { child, ended };
}

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
