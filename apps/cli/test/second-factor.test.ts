import { stepUpRequired, tokenExpired, unavailable } from '@gatehouse/contracts/api';
import { User } from '@gatehouse/contracts/user';
import { type Directory, startDirectory } from './directory';
import { gatehouse } from './gatehouse';
import { account } from './logins';
import { onTerminal } from './on-terminal';

const recoveryCode = 'ABCD-EFGH-JKMN-PQRS-TVWX-YZ23';
const prompt = /Code of the authenticator app, or a recovery code: /;
const completed = ['Login', 'CompleteLogin', 'ExportUsers', 'Logout'];
let directory: Directory;
beforeEach(async () => {
  directory = await startDirectory(0, { codes: ['123456', recoveryCode] });
  directory.users.set('ada@example.com', User.fromPartial({ email: 'ada@example.com' }));
});
afterEach(() => directory.close());

const password = { GATEHOUSE_EMAIL: account.email, GATEHOUSE_PASSWORD: account.password };
const args = () => ['export', '--url', directory.url];
const run = (code?: string) => gatehouse(args(), { env: { ...password, GATEHOUSE_CODE: code } });

describe('who has a second factor is let in by GATEHOUSE_CODE', () => {
  it.each(['123456', '123 456', recoveryCode])('%s', async (code) => {
    expect(await run(code)).toMatchObject({ status: 0, stdout: expect.stringContaining('ada@example.com'), stderr: '1 people in standard output\n' });
    expect(directory.calls).toEqual(completed);
  });

  it('which is sent again when the server was away', async () => {
    directory.whims.refusals.push(unavailable({ retryDelayMs: 10 }));
    expect(await run('123456')).toMatchObject({ status: 0 });
    expect(directory.calls).toEqual(['Login', 'CompleteLogin', ...completed]);
  });

  it('once, also when the server was away as the session was to be refreshed', async () => {
    directory.whims.refusals.push(undefined, tokenExpired(), unavailable({ retryDelayMs: 10 }));
    expect(await run('123456')).toMatchObject({ status: 0 });
    expect(directory.calls).toEqual(['Login', 'CompleteLogin', 'ExportUsers', 'Refresh', 'Refresh', 'ExportUsers', 'Logout']);
  });

  it('and not by one that is wrong, which is not sent again', async () => {
    expect(await run('654321')).toEqual({
      status: 3,
      stdout: '',
      stderr: 'gatehouse export: the code is wrong, was used before, or is too old: enter the next one, as GATEHOUSE_CODE\n',
    });
    expect(directory.calls).toEqual(['Login', 'CompleteLogin']);
  });
});

it('who has a second factor is told what to set where nobody can be asked for a code', async () => {
  expect(await run()).toEqual({
    status: 2,
    stdout: '',
    stderr:
      'gatehouse export: the account has a second factor: set GATEHOUSE_CODE to a code of its app that was not used yet or to a recovery code, or GATEHOUSE_TOKEN to an access token, or run it on a terminal to be asked\n',
  });
  expect(directory.calls).toEqual(['Login']);
});

describe('on a terminal who has a second factor is asked for a code', () => {
  it('until it is right', async () => {
    const answers = ['\n', '654321\n', `${recoveryCode}\n`].map((keys) => [prompt, keys] as const);
    const { status, screen } = await onTerminal(args(), answers, password);
    expect([status, screen]).toEqual([0, expect.stringMatching(/the code is wrong[^]*1 people in standard output/)]);
    expect(directory.calls).toEqual(['Login', 'CompleteLogin', ...completed.slice(1)]);
  });

  it('and told when it was wrong too often', async () => {
    const answers = Array.from({ length: 6 }, () => [prompt, '654321\n'] as const);
    const { status, screen } = await onTerminal(args(), answers, password);
    expect([status, screen]).toEqual([3, expect.stringContaining('gatehouse export: the code came too late, or was wrong too often: run it again')]);
  });

  it.each([
    ['Ctrl-C', '\x03'],
    ['the end of input', '\x04'],
  ])('and may give none, by %s', async (_name, keys) => {
    const { status, screen } = await onTerminal(args(), [[prompt, keys]], password);
    expect([status, screen]).toEqual([2, expect.stringContaining('gatehouse export: there is no code')]);
    expect(directory.calls).toEqual(['Login']);
  });
});

it('only who has to verify their email is told to', async () => {
  directory.whims.isUnverified = true;
  expect(await run()).toMatchObject({ status: 3, stderr: expect.stringContaining('the account has to verify its email') });
});

it('who proved too long ago who they are is told to log in again, and not asked twice', async () => {
  directory.whims.codes = undefined;
  directory.whims.refusals.push(stepUpRequired({ acr: '', max_age: '600' }));
  const id = '019a0000-0000-7000-8000-000000000001';
  expect(await gatehouse(['people', 'erase', id, '--yes', '--url', directory.url])).toMatchObject({
    status: 3,
    stdout: '',
    stderr: expect.stringContaining('(STEP_UP_REQUIRED): run it again, and with the token of a new login where GATEHOUSE_TOKEN is set\n'),
  });
  expect(directory.calls).toEqual(['Login', 'ErasePerson', 'Logout']);
});
