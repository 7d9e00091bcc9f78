import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDirectory } from './directory';
import { account } from './logins';
import { type Answer, onTerminal } from './on-terminal';

it('on a terminal it asks for what is missing, without an echo, and shows a bar', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-terminal-'));
  const directory = await startDirectory();
  const file = join(folder, 'users.ndjson');
  writeFileSync(file, Array.from({ length: 3_000 }, (_, index) => `{"email":"p${index}@example.com"}\n`).join(''));
  try {
    const { status, screen } = await onTerminal(
      ['import', file, '--url', directory.url],
      [
        [/Email:/, `${account.email}\n`],
        [/Password:/, `${account.password}\n`],
      ],
    );
    expect([status, screen]).toEqual([0, expect.stringMatching(/created +3,000/)]);
    expect(screen).toMatch(/█+░* +\d+ % {2}[\d,]+ rows, [\d,]+ a second, 0 failed/);
    expect(screen).not.toContain(account.password);
  } finally {
    await directory.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

describe.each([
  ['Ctrl-C', '\x03'],
  ['the end of input', '\x04'],
  ['an empty line', '\n'],
])('who gives nothing, by %s', (_name, keys) => {
  it.each([
    ['email', [[/Email:/, keys]]],
    [
      'password',
      [
        [/Email:/, `${account.email}\n`],
        [/Password:/, keys],
      ],
    ],
  ] satisfies [string, Answer[]][])('for the %s, is told that there are no credentials', async (_word, answers) => {
    const { status, screen } = await onTerminal(['export', '--url', 'http://127.0.0.1:1'], answers);
    expect([status, screen]).toEqual([2, expect.stringContaining('gatehouse export: there are no credentials')]);
  });
});
