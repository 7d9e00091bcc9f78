import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { account, startDirectory } from './directory';
import { main } from './gatehouse';

it('on a terminal it asks for what is missing, without an echo, and shows a bar', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-terminal-'));
  const directory = await startDirectory();
  const file = join(folder, 'users.ndjson');
  writeFileSync(file, Array.from({ length: 3_000 }, (_, index) => `{"email":"p${index}@example.com"}\n`).join(''));
  // of util-linux: it runs a command on a terminal of its own
  const command = `stty rows 24 cols 120; ${process.execPath} ${main} import ${file} --url ${directory.url}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env: { PATH: process.env.PATH, TERM: 'xterm' } });
  try {
    let screen = '';
    const answers: [RegExp, string][] = [
      [/Email:/, account.email],
      [/Password:/, account.password],
    ];
    child.stdout.on('data', (chunk) => {
      screen += chunk;
      if (answers[0]?.[0].test(screen)) child.stdin.write(`${answers.shift()![1]}\n`);
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect([status, screen]).toEqual([0, expect.stringMatching(/created +3,000/)]);
    expect(screen).toMatch(/█+░* +\d+ % {2}[\d,]+ rows, [\d,]+ a second, 0 failed/);
    expect(screen).not.toContain(account.password);
  } finally {
    child.kill();
    await directory.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
