import { permissionDenied, unavailable } from '@gatehouse/contracts/api';
import { User } from '@gatehouse/contracts/user';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
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

describe('what has the name already', () => {
  it('is written to where it is a pipe or a device, and stays what it was', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = spawn('cat', [pipe]);
    let text = '';
    reader.stdout.on('data', (chunk) => (text += chunk));
    const closed = once(reader, 'close');
    expect(await run('--output', pipe)).toEqual({ status: 0, stdout: '', stderr: `25 people in ${pipe}\n` });
    await closed;
    expect(read(text)).toEqual(emails);
    expect([statSync(pipe).isFIFO(), readdirSync(folder)]).toEqual([true, ['pipe']]);
  });

  it('is written to where it is a link, which stays one', async () => {
    const [link, target] = [join(folder, 'link'), join(folder, 'users.ndjson')];
    writeFileSync(target, 'what was there');
    symlinkSync('users.ndjson', link);
    expect(await run('--output', link)).toMatchObject({ status: 0 });
    expect([lstatSync(link).isSymbolicLink(), read(readFileSync(target, 'utf8'))]).toEqual([true, emails]);
  });

  it('is refused where it is a folder, before anybody is asked for', async () => {
    expect(await run('--output', folder)).toMatchObject({ status: 2, stderr: expect.stringContaining('(EISDIR): give a file, not a folder\n') });
    expect(directory.calls).not.toContain('ExportUsers');
  });

  it('is that of the last of two exports at once, and the other says so', async () => {
    const output = join(folder, 'users.ndjson');
    // the first one is stopped in the middle, while it waits
    directory.whims.refusals.push(unavailable({ retryDelayMs: 2_000 }));
    const first = start(['export', '--url', directory.url, '--output', output]);
    while (!directory.calls.includes('ExportUsers')) await pause(10);
    first.child.kill('SIGSTOP');
    expect(await run('--output', output)).toMatchObject({ status: 0 });
    first.child.kill('SIGCONT');
    const whole = readFileSync(output, 'utf8');
    expect(await first.ended).toMatchObject({
      status: 4,
      stderr: `gatehouse export: ${output} cannot be written: another export took its place; give each a file of its own\n`,
    });
    expect([readFileSync(output, 'utf8') === whole, read(whole), readdirSync(folder)]).toEqual([true, emails, ['users.ndjson']]);
  });
});
