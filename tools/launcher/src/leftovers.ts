import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readKept, writeKept } from './kept-file';
import { StartError } from './ports';

/** What runs for a data folder, as its file tells. */
export interface Running {
  readonly launcher: { readonly pid: number; readonly bundle: string };
  readonly services: readonly { readonly pid: number; readonly bundle: string }[];
}

const fileOf = (folder: string) => `${folder}/processes.json`;
const patienceMs = 5_000;

export const noteRunning = (folder: string, running: Running): Promise<void> => writeKept(fileOf(folder), running);
export const forgetRunning = (folder: string): Promise<void> => rm(fileOf(folder), { force: true });

/**
 * Ends what a launcher that was killed left running.
 * @throws StartError when the launcher of this folder still runs
 */
export async function endLeftovers(folder: string, tell: (text: string) => void): Promise<void> {
  const running = await readKept<Running>(fileOf(folder));
  if (!running) return;
  if (running.launcher.pid !== process.pid && (await isOurs(running.launcher))) throw new StartError(`Gatehouse runs already with this data folder, as process ${running.launcher.pid}: stop it, or choose another folder with GATEHOUSE_DATA_DIR`);
  const left = [];
  for (const service of running.services) if (await isOurs(service)) left.push(service);
  if (left.length) tell(`ending ${left.length} processes that the last start left behind`);
  for (const { pid } of left) signal(pid, 'SIGTERM');
  const end = Date.now() + patienceMs;
  for (const service of left) {
    while ((await isOurs(service)) && Date.now() < end) await pause(50);
    if (await isOurs(service)) signal(service.pid, 'SIGKILL');
  }
  await forgetRunning(folder);
}

/** Whether the process is there and is what we started, not another that got its number. */
async function isOurs({ pid, bundle }: { pid: number; bundle: string }): Promise<boolean> {
  return (await commandOf(pid)).includes(bundle);
}

async function commandOf(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch {
    if (process.platform === 'linux') return '';
    return promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).then(
      ({ stdout }) => stdout,
      () => '',
    );
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone in the meantime, which is what was wanted
  }
}
