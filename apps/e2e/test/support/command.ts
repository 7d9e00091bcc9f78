import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Gatehouse } from './gatehouse';

const main = join(__dirname, '../../../../dist/apps/cli/main.cjs');

/** Starts the built command as a process, as the administrator, with the code of a second factor where there is one. */
export function startCommand(
  { url, administrator: { email, password }, code = '' }: Pick<Gatehouse, 'url' | 'administrator'> & { code?: string },
  ...args: readonly string[]
) {
  const child = spawn(process.execPath, [main, ...args, '--url', url], {
    env: { PATH: process.env.PATH ?? '', GATEHOUSE_EMAIL: email, GATEHOUSE_PASSWORD: password, GATEHOUSE_CODE: code },
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
