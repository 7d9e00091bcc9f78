import { permissionDenied, unavailable } from '@gatehouse/contracts/api';
import { User } from '@gatehouse/contracts/user';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Directory, startDirectory } from './directory';
import { gatehouse } from './gatehouse';
import { account } from './logins';
import { onTerminal } from './on-terminal';

const [id, email] = ['019a0000-0000-7000-8000-000000000001', 'ada@example.com'];
const kinds = ['profile', 'password', 'session', 'status'];
let folder: string;
let directory: Directory;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse people '));
  directory = await startDirectory();
  directory.users.set(email, User.fromPartial({ id, email }));
  directory.records.set(id, kinds);
});
afterEach(async () => {
  await directory.close();
  rmSync(folder, { recursive: true, force: true });
});
const run = (command: string, ...args: string[]) => gatehouse(['people', command, '--url', directory.url, ...args]);
const kindsIn = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).kind);

describe('gatehouse people export', () => {
  it('writes a record a line to a file that is for its owner alone', async () => {
    const output = join(folder, 'ada.ndjson');
    expect(await run('export', id, '--output', output)).toEqual({ status: 0, stdout: '', stderr: `4 records in ${output}\n` });
    expect(kindsIn(readFileSync(output, 'utf8'))).toEqual(kinds);
    expect([statSync(output).mode & 0o777, readdirSync(folder)]).toEqual([0o600, ['ada.ndjson']]);
    expect(directory.calls).toEqual(['Login', 'ExportPerson', 'Logout']);
  });

  it('goes on by its cursor after a cut, of a person who is named by their email', async () => {
    directory.whims.after = { rows: 2 };
    const { status, stdout } = await run('export', email);
    expect([status, kindsIn(stdout)]).toEqual([0, kinds]);
    expect(directory.calls).toEqual(['Login', 'ListUsers', 'ExportPerson', 'ExportPerson', 'Logout']);
  });

  it('leaves no file of whom nobody knows', async () => {
    const unknown = '019a0000-0000-7000-8000-000000000002';
    const output = join(folder, 'nobody.ndjson');
    expect(await run('export', unknown, '--output', output)).toMatchObject({ status: 3, stderr: expect.stringContaining('(PERSON_NOT_FOUND)') });
    expect(await run('export', 'bob@example.com', '--output', output)).toMatchObject({
      status: 3,
      stderr: 'gatehouse people: nobody has the email bob@example.com: is it right? Of who was erased already, give the id\n',
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('gatehouse people erase', () => {
  it('erases with --yes, and asks nothing but that of the server', async () => {
    expect(await run('erase', id, '--yes')).toEqual({ status: 0, stdout: `${id} is erased from every service\n`, stderr: '' });
    expect([directory.users.size, directory.calls]).toEqual([0, ['Login', 'ErasePerson', 'Logout']]);
  });

  it('asks again when the server is away', async () => {
    directory.whims.refusals.push(unavailable({ retryDelayMs: 10 }));
    expect(await run('erase', id, '--yes')).toMatchObject({ status: 0, stderr: '' });
    expect(directory.calls).toEqual(['Login', 'ErasePerson', 'ErasePerson', 'Logout']);
  });

  it('says what to do where it is refused', async () => {
    directory.whims.refusals.push(permissionDenied({ permission: 'people.erase' }));
    expect(await run('erase', id, '--yes')).toMatchObject({ status: 3, stdout: '', stderr: expect.stringContaining('use the account of an administrator') });
    expect(directory.users.size).toBe(1);
  });

  it('does nothing without --yes where there is nobody to be asked', async () => {
    expect(await run('erase', id)).toEqual({
      status: 2,
      stdout: '',
      stderr: 'gatehouse people: what is erased does not come back: say --yes, or run it on a terminal to be asked\n',
    });
    expect(directory.calls).toEqual([]);
  });

  const env = { GATEHOUSE_EMAIL: account.email, GATEHOUSE_PASSWORD: account.password };
  const asked = (name: string, answer: string) => onTerminal(['people', 'erase', name, '--url', directory.url], [[/type the (email|id):/, answer]], env);

  it.each([
    ['the email', id, `${email}\n`, 0, /is erased from every service/],
    ['another text', id, 'yes\n', 2, /that is not ada@example.com: nobody is erased/],
    ['Ctrl-C', id, '\x03', 130, /interrupted: nobody is erased/],
    ['the end of input', email, '\x04', 130, /interrupted: nobody is erased/],
  ])('on a terminal asks whom, and is told by %s', async (_name, name, answer, status, said) => {
    expect(await asked(name, answer)).toEqual({ status, screen: expect.stringMatching(said) });
    expect(directory.users.size).toBe(status === 0 ? 0 : 1);
  });

  it('on a terminal asks for the id where there is no profile any more', async () => {
    directory.users.clear();
    expect(await asked(id, `${id}\n`)).toMatchObject({ status: 0 });
    expect(directory.records.size).toBe(0);
  });
});
