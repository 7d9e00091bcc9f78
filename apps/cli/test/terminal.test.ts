import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDirectory } from './directory';
import { account } from './logins';
import { onTerminal } from './on-terminal';

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
