import { permissionDenied, unavailable } from '@gatehouse/contracts/api';
import { User } from '@gatehouse/contracts/user';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Directory, startDirectory } from './directory';
import { gatehouse, start } from './gatehouse';

let folder: string;
let directory: Directory;
const emails = Array.from({ length: 25 }, (_, index) => `p${index}@example.com`);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse export '));
  directory = await startDirectory();
  for (const email of emails) directory.users.set(email, User.fromPartial({ email }));
});
afterEach(async () => {
  await directory.close();
  rmSync(folder, { recursive: true, force: true });
});
const run = (...args: string[]) => gatehouse(['export', '--url', directory.url, ...args]);
const read = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).email);

it('writes a person a line to a file that has its name once it is whole, for its owner alone', async () => {
  const output = join(folder, 'users.ndjson');
  writeFileSync(output, 'what was there');
  expect(await run('--output', output)).toEqual({ status: 0, stdout: '', stderr: `25 people in ${output}\n` });
  expect(read(readFileSync(output, 'utf8'))).toEqual(emails);
  expect(statSync(output).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['users.ndjson']);
  expect(directory.calls).toEqual(['Login', 'ExportUsers', 'Logout']);
});

it.each([
  ['a cut', { cut: 'before the answer' as const }],
  ['an end by design', { error: unavailable({ retryDelayMs: 10 }) }],
])('goes on by its cursor after %s, and gives each person once', async (_name, after) => {
  directory.whims.after = { rows: 10, ...after };
  const { status, stdout, stderr } = await run();
  expect([status, stderr]).toEqual([0, '25 people in standard output\n']);
  expect(read(stdout)).toEqual(emails);
  expect(directory.calls).toEqual(['Login', 'ExportUsers', 'ExportUsers', 'Logout']);
});

it('leaves what was there where it is refused', async () => {
  const output = join(folder, 'users.ndjson');
  writeFileSync(output, 'what was there');
  directory.whims.refusals.push(permissionDenied({ permission: 'users.export' }));
  expect(await run('--output', output)).toMatchObject({ status: 3, stderr: expect.stringContaining('use the account of an administrator') });
  expect([readFileSync(output, 'utf8'), readdirSync(folder)]).toEqual(['what was there', ['users.ndjson']]);
});

it('says where it cannot write, before it asks for anybody', async () => {
  const output = join(folder, 'nowhere', 'users.ndjson');
  expect(await run('--output', output)).toMatchObject({ status: 2, stderr: `gatehouse export: ${output} cannot be written (ENOENT): is the path right?\n` });
  expect(directory.calls).not.toContain('ExportUsers');
});

it('ends in a sentence where who reads it has gone away', async () => {
  for (let index = 0; index < 20_000; index++) directory.users.set(`q${index}`, User.fromPartial({ email: `q${index}` }));
  const { child, ended } = start(['export', '--url', directory.url]);
  child.stdout!.once('data', () => child.stdout!.destroy());
  expect(await ended).toMatchObject({ status: 4, stderr: 'gatehouse export: standard output cannot be written (EPIPE): who read it has gone away\n' });
});
