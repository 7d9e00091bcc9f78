import { permissionDenied, unavailable } from '@gatehouse/contracts/api';
import { importOptionsChanged } from '@gatehouse/contracts/user';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Directory, startDirectory, type Whims } from './directory';
import { gatehouse, start } from './gatehouse';
import { account } from './logins';

let folder: string;
let directory: Directory;
const begin = async (whims: Partial<Whims> = {}) => {
  directory = await startDirectory(0, whims);
};
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'gatehouse import '))));
afterEach(async () => {
  await directory?.close();
  rmSync(folder, { recursive: true, force: true });
});

const emails = (count: number) => Array.from({ length: count }, (_, index) => `p${index}@example.com`);
const toLines = (users: readonly object[]) => users.map((user) => `${JSON.stringify(user)}\n`).join('');
const write = (text: string | Buffer, name = 'users.ndjson') => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const people = (count: number) => write(toLines(emails(count).map((email) => ({ email }))));
const run = (file: string, ...args: string[]) => gatehouse(['import', file, '--url', directory.url, ...args]);
const failed = (file: string) =>
  readFileSync(`${file}.failed.ndjson`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const count = (stdout: string, name: string) => Number(new RegExp(`^  ${name} +([\\d,]+)$`, 'm').exec(stdout)?.[1]?.replaceAll(',', ''));

it('imports a file by its rows, tells what came of them, and ends its session', async () => {
  await begin();
  const { status, stdout, stderr } = await run(people(1_234));
  expect([status, stderr]).toEqual([0, '']);
  expect([...directory.users.keys()]).toEqual(emails(1_234));
  expect([count(stdout, 'created'), count(stdout, 'failed')]).toEqual([1_234, 0]);
  expect(directory.calls).toEqual(['Login', 'ImportUsers', 'Logout']);
});

it('says of a finished import that it is one, and does it once more under another id', async () => {
  await begin();
  const file = people(3);
  await run(file);
  const again = await run(file);
  expect([again.status, count(again.stdout, 'created'), directory.taken.length]).toEqual([0, 3, 3]);
  expect(again.stdout).toMatch(/^\S.*users\.ndjson is already imported, as [-\da-f]{36}; nothing was sent\n/);
  expect(again.stdout).toMatch(/to import it once more, give an --import-id of your own\n$/);
  const other = await run(file, '--import-id', 'F81D4FAE-7DEC-41D0-A765-00A0C91E6BF6');
  expect([other.status, count(other.stdout, 'updated')]).toEqual([0, 3]);
  expect(directory.imports.has('f81d4fae-7dec-41d0-a765-00a0c91e6bf6')).toBe(true);
});

it('is told that an --import-id is that of a longer file', async () => {
  await begin();
  const args = ['--import-id', 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6'];
  await run(people(20), ...args);
  const { status, stdout, stderr } = await run(people(3), ...args);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/users\.ndjson has 3 rows, and the import f81d4fae\S+ has results of 20: it is one of another file; give another --import-id\n$/);
});

it('tells that the file was changed while it was imported, and takes it as it is then for another one', async () => {
  const refusals = [unavailable({ retryDelayMs: 2_000 })];
  await begin({ refusals });
  const file = people(3);
  const { ended } = start(['import', file, '--url', directory.url]);
  while (refusals.length) await new Promise((resolve) => setTimeout(resolve, 5));
  appendFileSync(file, '{"email":"late@example.com"}\n');
  expect(await ended).toMatchObject({
    status: 4,
    stderr: expect.stringMatching(/users\.ndjson was changed while it was imported: .*the same command\n$/),
  });
  const again = await run(file);
  expect([again.status, count(again.stdout, 'created'), count(again.stdout, 'updated')]).toEqual([0, 1, 3]);
});

it('takes a dry run, other options and another file for imports of their own', async () => {
  await begin();
  const file = people(3);
  for (const args of [[], ['--on-existing', 'skip'], ['--match-provider', 'okta']]) expect((await run(file, ...args)).status).toBe(0);
  expect(directory.imports.size).toBe(3);
  const dry = await run(file, '--dry-run');
  expect([dry.status, dry.stdout.includes('a dry run, nobody was changed'), directory.imports.size]).toEqual([0, true, 3]);
});

it('goes over a file that is larger than its memory', async () => {
  await begin();
  const [rows, importId] = [80_000, 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6'];
  directory.imports.set(importId, { lastNumber: BigInt(rows), created: BigInt(rows), updated: 0n, failed: 0n });
  const line = JSON.stringify({ email: 'a@x.example', givenName: 'x'.repeat(1_000) });
  const file = write(`${line}\n`.repeat(rows).concat('{"email":"z@x.example"}\n'));
  const env = { GATEHOUSE_EMAIL: account.email, GATEHOUSE_PASSWORD: account.password, NODE_OPTIONS: '--max-old-space-size=40' };
  const { status, stdout } = await gatehouse(['import', file, '--url', directory.url, '--import-id', importId], { env });
  expect([status, count(stdout, 'created'), directory.taken]).toEqual([0, rows + 1, ['z@x.example']]);
});

describe('password hashes', () => {
  const [ada, bob] = [
    '$2b$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i',
    'pbkdf2_sha256$20000$sea"salt$oBSd886ysm3AqYun62DOdin8YcfbU1z9cksZSuLP9r0=',
  ] as const;

  it('go with their people, from NDJSON and CSV, and by a method of their own', async () => {
    for (const file of [
      write(toLines([{ email: 'ada@example.com', passwordHash: ada }, { email: 'bob@example.com', passwordHash: bob }, { email: 'cy@example.com' }])),
      write(`email,password_hash\nada@example.com,${ada}\nbob@example.com,"${bob.replaceAll('"', '""')}"\ncy@example.com,\n`, 'users.csv'),
    ]) {
      await begin();
      const { status, stdout, stderr } = await run(file);
      expect([status, stderr, count(stdout, 'created')]).toEqual([0, '', 3]);
      expect(directory.calls).toEqual(['Login', 'ImportAccounts', 'Logout']);
      expect([...directory.passwords]).toEqual([
        ['ada@example.com', ada],
        ['bob@example.com', bob],
      ]);
      expect([...directory.users.keys()]).toEqual(['ada@example.com', 'bob@example.com', 'cy@example.com']);
      await directory.close();
    }
  });

  it('that begin after the first row are asked about, and nobody is imported without theirs', async () => {
    await begin();
    const file = write(toLines([{ email: 'ada@example.com' }, { email: 'bob@example.com', passwordHash: bob }]));
    const { status, stderr } = await run(file);
    expect([status, stderr, directory.users.size]).toEqual([
      2,
      expect.stringContaining('row 2 has a passwordHash, and the first row has none: give --passwords'),
      0,
    ]);
    expect((await run(file, '--passwords')).status).toBe(0);
    expect([...directory.passwords.keys()]).toEqual(['bob@example.com']);
    expect(directory.imports.size).toBe(2);
  });

  it('that are no text fail with their row', async () => {
    await begin();
    const file = write('{"email":"a@x.example","passwordHash":"x"}\n{"email":"b@x.example","passwordHash":7}\n');
    expect(await run(file)).toMatchObject({ status: 1 });
    expect(failed(file)).toEqual([{ number: 2, reason: 'ROW_UNREADABLE', message: 'line 2 has a passwordHash that is no text' }]);
  });

  it('go over cuts with their rows', async () => {
    await begin({ after: { rows: 700, cut: 'before the answer' } });
    const file = write(toLines(emails(1_500).map((email) => ({ email, passwordHash: `${ada}${email}` }))));
    expect(await run(file)).toMatchObject({ status: 0 });
    expect([...directory.passwords]).toEqual(emails(1_500).map((email) => [email, `${ada}${email}`]));
  });
});

describe('rows that fail', () => {
  it('are listed with their numbers and why, in the order of the file, and the others are in', async () => {
    await begin();
    const file = write(
      Buffer.concat([
        Buffer.from('\uFEFF{"email":"a@x.example"}\r\n{"email":"b@\n\n[]\n{"email":"taken@x.example"}\n{"email":"c@x.example","foo":1,"bar":{}}\n'),
        Buffer.from([0x7b, 0xff, 0x7d, 10]),
        Buffer.from(
          `{"email":"d@x.example","givenName":7}\n{"email":"e@x.example","foo":2}\n{"email":"${'x'.repeat(300_000)}"}\n{"email":"f@x.example"}\n{"ema`,
        ),
      ]),
    );
    const { status, stdout } = await run(file);
    expect([status, count(stdout, 'created'), count(stdout, 'failed')]).toEqual([1, 2, 9]);
    expect(stdout).toContain(`why rows failed: ${file}.failed.ndjson. Mend them, and import them as a file of their own`);
    expect([...directory.users.keys()]).toEqual(['a@x.example', 'f@x.example']);
    expect(failed(file)).toEqual([
      { number: 2, reason: 'ROW_UNREADABLE', message: expect.stringMatching(/^line 2 is not valid JSON( \(column 13\))?$/) },
      { number: 4, reason: 'ROW_UNREADABLE', message: 'line 4 is not a JSON object' },
      { number: 5, reason: 'EMAIL_TAKEN', message: 'another user has this email', violations: [] },
      expect.objectContaining({
        number: 6,
        violations: [expect.objectContaining({ field: 'foo', description: 'is not a field of the request' }), expect.objectContaining({ field: 'bar' })],
      }),
      { number: 7, reason: 'ROW_UNREADABLE', message: 'line 7 is not UTF-8: save the file in that encoding' },
      expect.objectContaining({ number: 8, violations: [expect.objectContaining({ field: 'givenName', description: 'must be a string' })] }),
      expect.objectContaining({ number: 9, violations: [expect.objectContaining({ field: 'foo' })] }),
      { number: 10, reason: 'ROW_UNREADABLE', message: 'line 10 is longer than 262144 bytes' },
      { number: 12, reason: 'ROW_UNREADABLE', message: expect.stringMatching(/^line 12 is not valid JSON/) },
    ]);
    expect(statSync(`${file}.failed.ndjson`).mode & 0o777).toBe(0o600);
  });

  it('are those too that would be JSON to others', async () => {
    await begin();
    const file = write(`${toLines(emails(9).map((email) => ({ email })))}{"email":"a@x.example","email":"b@x.example"}\n{"email":"c@x.example"}\n`);
    const { status, stdout } = await run(file);
    expect([status, count(stdout, 'created')]).toEqual([1, 10]);
    expect(failed(file)).toMatchObject([
      { number: 10, violations: [expect.objectContaining({ field: 'email', description: 'the body has a key twice in one object' })] },
    ]);
  });

  it('are found in a frame of which nobody says which row is wrong', async () => {
    await begin();
    const publicMetadata = JSON.parse(`${'{"a":'.repeat(70)}1${'}'.repeat(70)}`);
    const file = write(toLines(emails(5).map((email, index) => (index === 3 ? { email, publicMetadata } : { email }))));
    const { status, stdout } = await run(file);
    expect([status, count(stdout, 'created'), count(stdout, 'failed')]).toEqual([1, 4, 1]);
    expect(failed(file)).toMatchObject([
      { number: 4, reason: 'REQUEST_UNREADABLE', violations: [expect.objectContaining({ description: 'the body is nested deeper than 64 levels' })] },
    ]);
  });

  it('for a field that the server does not know cost one refusal, however many there are', async () => {
    await begin();
    const file = write(toLines(emails(2_000).map((email) => ({ email, nickname: 'x' }))));
    const { status, stdout } = await run(file);
    expect([status, count(stdout, 'failed'), failed(file).length, directory.users.size]).toEqual([1, 2_000, 2_000, 0]);
    expect(directory.calls.length).toBeLessThan(10);
  });

  it('are listed in no file that is something else', async () => {
    await begin();
    const [file, notes] = [people(3), write('my notes\n', 'notes')];
    const { status, stderr } = await run(file, '--results', notes);
    expect([status, stderr]).toEqual([2, `gatehouse import: ${notes} is there, and no list of failed rows: name another file with --results\n`]);
    expect((await run(file, '--results', file)).stderr).toContain('--results is the file itself');
    expect(readFileSync(notes, 'utf8')).toBe('my notes\n');
  });

  it('have a place for their list before any row is sent', async () => {
    await begin();
    const nowhere = join(folder, 'nowhere', 'failed.ndjson');
    const file = people(3);
    expect(await run(file, '--results', nowhere)).toMatchObject({
      status: 2,
      stderr: `gatehouse import: ${nowhere} cannot be written (ENOENT): is the path right?\n`,
    });
    expect(await run(file, '--results', folder)).toMatchObject({ status: 2, stderr: expect.stringContaining('(EISDIR): give a file, not a folder') });
    expect(directory.calls).toEqual([]);
  });

  it('end the import where their list cannot be written', async () => {
    await begin();
    const { status, stderr } = await run(write('{"email":"a@x.example"}\n[]\n'), '--results', '/dev/full');
    expect([status, stderr]).toEqual([4, expect.stringMatching(/^gatehouse import: \/dev\/full cannot be written \(ENOSPC\): make room\. (Rows|No row)/)]);
  });

  it('whose lines could not be written are told of when it goes on', async () => {
    await begin();
    const file = write('{"email":"a@x.example"}\n{"email":"taken@x.example"}\n');
    expect(await run(file, '--results', '/dev/full')).toMatchObject({ status: 4 });
    const { status, stdout } = await run(file);
    expect([status, count(stdout, 'failed')]).toEqual([1, 1]);
    expect(stdout).toContain('1 failed rows are not listed: their answers were lost on the way, or there was no room to write them;');
  });
});

describe('CSV', () => {
  it('names its columns as fields, external ids and metadata, with quotes, a byte order mark and CRLF', async () => {
    await begin();
    const header = '\uFEFFemail,displayName,email_verified,status,external_ids.okta,public_metadata.plan,external_ids.https://id.example';
    const file = write(`${header}\r\na@x.example,"Åsa ""A"", B",TRUE,suspended,00u1,pro,7\r\n\r\nb@x.example,,,,,,\r\n`, 'users.csv');
    expect(await run(file)).toMatchObject({ status: 0 });
    expect(directory.users.get('a@x.example')).toMatchObject({
      displayName: 'Åsa "A", B',
      emailVerified: true,
      status: 2,
      publicMetadata: { plan: 'pro' },
      externalIds: [
        { provider: 'okta', id: '00u1' },
        { provider: 'https://id.example', id: '7' },
      ],
    });
    expect(directory.users.get('b@x.example')).toMatchObject({ displayName: '', externalIds: [], publicMetadata: undefined });
  });

  it('is refused before anything is sent where its header is not right', async () => {
    await begin();
    const headers = {
      'email,nmae': 'the column "nmae" is not known',
      'email,displayName,display_name': 'the column display_name is there twice',
      'email;displayName': 'columns have to be separated by commas',
      'email,external_ids': 'the column "external_ids" is not known',
      'email,__proto__': 'the column "__proto__" is not known',
    };
    const encodings = { 'latin 1': Buffer.from('email,prénom\n', 'latin1'), 'UTF-16': Buffer.from('email\n', 'utf16le') };
    for (const [name, bytes] of Object.entries(encodings))
      expect(await run(write(bytes, `${name}.csv`))).toEqual({
        status: 2,
        stdout: '',
        stderr: 'gatehouse import: the header is not UTF-8: save the file in that encoding\n',
      });
    expect(await run(write('', 'nothing.csv'))).toMatchObject({ status: 2, stderr: expect.stringContaining('there is no header') });
    const ended = await Promise.all(Object.keys(headers).map((header, index) => run(write(`${header}\n`, `users${index}.csv`))));
    for (const [index, sentence] of Object.values(headers).entries()) {
      expect([ended[index]!.status, ended[index]!.stderr]).toEqual([2, expect.stringContaining(sentence)]);
      expect(ended[index]!.stderr).toContain('Known are email, phone, username, display_name,');
    }
    expect(directory.calls).toEqual([]);
  });

  it('fails a record that cannot be read alone, by its line', async () => {
    await begin();
    const rows = ['a@x.example,A', 'b@x.example', 'c@x.example,"C" c', 'd@x.example,D"', 'e@x.example,E,1', '"f@x.example\n",F', 'g@x.example,"G ""g"""'];
    const file = write(`email,given_name\n${rows.join('\n')}\nh@x.example,"half\ni@x.example,I\n`, 'users.csv');
    const { status, stdout } = await run(file);
    expect([status, count(stdout, 'failed')]).toEqual([1, 5]);
    expect(failed(file).map(({ number, message }) => [number, message])).toEqual([
      [2, 'line 3 has 1 cells, the header 2'],
      [3, 'line 4 has a quote inside of a quoted cell: write it twice'],
      [4, 'line 5 has a quote inside of a cell that is not quoted: quote the cell, and write the quote in it twice'],
      [5, 'line 6 has 3 cells, the header 2'],
      [8, 'line 10 (to 11) begins a quoted cell that never ends: it is cut off, or a quote is missing'],
    ]);
    expect([...directory.users.keys()]).toEqual(['a@x.example', 'f@x.example\n', 'g@x.example']);
  });

  it('is not read on where a quote swallows what follows', async () => {
    await begin();
    const file = write(`email,given_name\na@x.example,"A\n${'b@x.example,B\n'.repeat(30_000)}`, 'users.csv');
    const { status, stderr } = await run(file);
    expect([status, directory.calls, stderr]).toEqual([
      4,
      [],
      'gatehouse import: the record that begins at line 2 is longer than 262144 bytes: is a quote missing?\n',
    ]);
  });

  it('that cannot be read on in the middle is in as far as it was read', async () => {
    await begin();
    const good = emails(2_000).map((email) => `${email},A\n`);
    const { status, stderr } = await run(write(`email,given_name\n${good.join('')}x@x.example,"A\n${'b@x.example,B\n'.repeat(30_000)}`, 'users.csv'));
    expect([status, stderr]).toEqual([
      4,
      expect.stringMatching(
        /^gatehouse import: the record that begins at line 2002 is longer.*\? Rows up to [\d,]+ have a result: the same command goes on from there\n$/,
      ),
    ]);
    expect(directory.calls.at(-1)).toBe('Logout');
  });

  it('is standard input too, whose name says no format', async () => {
    await begin();
    const args = ['import', '-', '--url', directory.url];
    expect(await gatehouse(args, { input: 'email\na@x.example\n' })).toMatchObject({ status: 2, stderr: expect.stringContaining('give --csv or --ndjson') });
    expect(await gatehouse([...args, '--csv'], { input: 'email\na@x.example\n' })).toMatchObject({ status: 0 });
    expect([...directory.users.keys()]).toEqual(['a@x.example']);
  });
});

describe('an import goes on', () => {
  const endings: [string, Partial<Whims>][] = [
    ['a cut before the answer', { after: { rows: 1_000, cut: 'before the answer' } }],
    ['a cut after the answer', { after: { rows: 1_000, cut: 'after the answer' } }],
    ['an end by design', { after: { rows: 1_000, error: unavailable({ retryDelayMs: 10 }) } }],
    ['two refusals at the door', { refusals: [unavailable(), unavailable()] }],
  ];
  it.each(endings)('after %s, with no row lost or counted twice', async (_name, whims) => {
    await begin(whims);
    const { status, stdout } = await run(people(3_000));
    expect([status, count(stdout, 'created'), count(stdout, 'updated')]).toEqual([0, 3_000, 0]);
    expect([...directory.users.keys()]).toEqual(emails(3_000));
    expect(directory.taken.length).toBe(3_000);
    expect(directory.calls.filter((name) => name === 'ImportUsers').length).toBeGreaterThan(1);
  });

  it('with a fresh token, where the one that it has is not taken any more', async () => {
    await begin({ after: { rows: 1_000, isExpired: true } });
    expect(await run(people(3_000))).toMatchObject({ status: 0 });
    expect([directory.users.size, directory.taken.length]).toEqual([3_000, 3_000]);
    expect(directory.calls).toEqual(['Login', 'ImportUsers', 'Refresh', 'ImportUsers', 'Logout']);
  });

  it('with the largest row that the gateway takes, beside small ones, and without the one that is larger', async () => {
    await begin({ maxFrameBytes: 65_536 });
    const rowOf = (email: string, bytes: number) => ({ email, ownMetadata: { note: 'x'.repeat(bytes) } });
    const small = emails(900).map((email) => rowOf(email, 60));
    const file = write(toLines([...small, rowOf('large@x.example', 60_000), rowOf('larger@x.example', 70_000), rowOf('last@x.example', 60_000)]));
    const { status, stdout } = await run(file);
    expect([status, count(stdout, 'created'), count(stdout, 'failed')]).toEqual([1, 902, 1]);
    expect(failed(file)).toMatchObject([{ number: 902, reason: 'REQUEST_TOO_LARGE' }]);
  });

  it('in smaller frames, where the gateway takes no larger ones', async () => {
    await begin({ maxFrameBytes: 20_000 });
    const file = write(`${toLines(emails(2_000).map((email) => ({ email })))}${JSON.stringify({ email: 'z@x.example', givenName: 'x'.repeat(50_000) })}\n`);
    const { status, stdout } = await run(file);
    expect([status, count(stdout, 'created'), directory.taken.length]).toEqual([1, 2_000, 2_000]);
    expect(failed(file)).toEqual([
      { number: 2_001, reason: 'REQUEST_TOO_LARGE', message: 'the row is larger than what the gateway takes (GATEWAY_MAX_BODY_BYTES)' },
    ]);
  });

  it('by the same command, after the process was killed, and lists each failed row once', async () => {
    await begin();
    const users = emails(6_000).map((email, index) => ({ email: index % 100 ? email : `taken${index}@x.example` }));
    const file = write(toLines(users));
    directory.whims.after = { rows: 2_000, cut: 'after the answer' };
    // nobody is there to go on
    const first = start(['import', file, '--url', directory.url]);
    while (directory.taken.length < 2_000) await new Promise((resolve) => setTimeout(resolve, 5));
    first.child.kill('SIGKILL');
    await first.ended;
    const { status, stdout, stderr } = await run(file);
    expect([status, count(stdout, 'created'), count(stdout, 'failed')]).toEqual([1, 5_940, 60]);
    expect(stderr).toMatch(/^going on after row [\d,]+ of the import/);
    expect(directory.taken.toSorted()).toEqual(users.map(({ email }) => email).toSorted());
    const numbers = failed(file).map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((one, other) => one - other));
    // what is not listed is said
    if (numbers.length < 60) expect(stdout).toContain(`${60 - numbers.length} failed rows are not listed`);
  });

  it('of standard input by the id that it tells, after Ctrl-C while nothing comes', async () => {
    await begin();
    const { child, ended } = start(['import', '-', '--csv', '--url', directory.url], { input: null });
    child.stdin!.write(`email\n${emails(700).join('\n')}\n`);
    while (directory.taken.length < 500) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    // the answer may have come, or not
    const [, id] = /interrupted\. .*: the same input with --import-id (\S+) (goes on from there|begins)\n$/.exec(stderr) ?? [stderr];
    expect(id).toBeDefined();
    expect(status).toBe(130);
    const again = ['import', '-', '--csv', '--url', directory.url, '--import-id', id!];
    expect(await gatehouse(again, { input: `email\n${emails(700).join('\n')}\n` })).toMatchObject({ status: 0 });
    expect(directory.taken).toEqual(emails(700));
  });

  it('by the same command, after Ctrl-C, which says so', async () => {
    await begin({ refusals: Array.from({ length: 50 }, () => unavailable()) });
    const file = people(10);
    const { child, stderr, ended } = start(['import', file, '--url', directory.url]);
    while (!stderr().includes('going on in')) await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill('SIGINT');
    const { status, stderr: text } = await ended;
    expect([status, text.trimEnd().split('\n').at(-1)]).toEqual([130, 'gatehouse import: interrupted. No row has a result yet: the same command begins']);
    expect(directory.calls.at(-1)).toBe('Logout');
    directory.whims.refusals.splice(0);
    expect(await run(file)).toMatchObject({ status: 0 });
  });
});

describe('what the server refuses ends it with the next step', () => {
  const refusals: [string, Partial<Whims>, string][] = [
    ['a permission', { refusals: [permissionDenied({ permission: 'users.import' })] }, 'use the account of an administrator'],
    ['other options', { refusals: [importOptionsChanged()] }, 'give another --import-id'],
  ];
  it.each(refusals)('%s', async (_name, whims, sentence) => {
    await begin(whims);
    expect(await run(people(1))).toMatchObject({ status: 3, stderr: expect.stringContaining(sentence) });
  });

  it('wrong credentials, which it does not repeat', async () => {
    await begin();
    const env = { GATEHOUSE_EMAIL: account.email, GATEHOUSE_PASSWORD: 'wrong-and-secret' };
    const { status, stdout, stderr } = await gatehouse(['import', people(1), '--url', directory.url], { env });
    expect([status, stderr]).toEqual([
      3,
      'gatehouse import: the email or the password is wrong: check GATEHOUSE_EMAIL and GATEHOUSE_PASSWORD. No row has a result yet: the same command begins\n',
    ]);
    expect(`${stdout}${stderr}`).not.toContain('secret');
    const dead = await gatehouse(['import', people(1), '--url', directory.url], { env: { GATEHOUSE_TOKEN: 'dead' } });
    expect([dead.status, dead.stderr]).toEqual([3, expect.stringContaining('set GATEHOUSE_TOKEN to a fresh one')]);
  });

  it('a server that is not there, after as long as was said', async () => {
    await begin();
    await directory.close();
    const { status, stderr } = await run(people(1), '--give-up-after', '1');
    expect([status, stderr]).toEqual([3, expect.stringMatching(/could not be asked for \d+ s: connect ECONNREFUSED/)]);
  });

  it('another server, which is none of ours', async () => {
    await begin();
    const website = createServer((_request, response) => response.end('<html>'));
    await new Promise<void>((resolve) => website.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(website.address() as AddressInfo).port}`;
      for (const env of [undefined, { GATEHOUSE_TOKEN: 'x' }]) {
        const { status, stderr } = await gatehouse(['import', people(1), '--url', url], { env });
        expect([status, stderr]).toEqual([3, expect.stringMatching(/is --url that of a gateway of Gatehouse\? No row has a result yet/)]);
      }
      const elsewhere = await gatehouse(['import', people(1), '--url', `${directory.url}/v1`]);
      expect([elsewhere.status, elsewhere.stderr]).toEqual([3, expect.stringContaining('is --url that of a gateway of Gatehouse?')]);
    } finally {
      website.close();
    }
  });

  it('no credentials, where nobody can be asked', async () => {
    await begin();
    expect(await gatehouse(['import', people(1), '--url', directory.url], { env: {} })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('set GATEHOUSE_EMAIL and GATEHOUSE_PASSWORD, or GATEHOUSE_TOKEN'),
    });
  });
});
