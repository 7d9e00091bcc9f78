import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { readKept, writeKept } from './kept-file';
import { StartError } from './ports';
import { findProcess, isRunning, type ProcessIdentity } from './process-identity';

/** What runs for a data folder, as its file tells. */
interface Running {
  readonly launcher: ProcessIdentity;
  readonly services: readonly ProcessIdentity[];
}

const fileOf = (folder: string) => `${folder}/processes.json`;
// for each of the two signals
const patienceMs = 4_000;

/** Notes that this process and the services with these numbers run for the folder. */
export async function noteRunning(folder: string, servicePids: readonly number[]): Promise<void> {
  const [launcher, ...services] = await Promise.all([process.pid, ...servicePids].map(findProcess));
  await writeKept(fileOf(folder), { launcher, services: services.filter(Boolean) });
}

export const forgetRunning = (folder: string): Promise<void> => rm(fileOf(folder), { force: true });

/**
 * Ends what a launcher that was killed left running; gives whether there was anything.
 * @throws StartError when the launcher of this folder still runs
 */
export async function endLeftovers(folder: string, tell: (text: string) => void): Promise<boolean> {
  const running = await readKept<Running>(fileOf(folder));
  if (!running) return false;
  const { launcher, services } = running;
  if (launcher && (await isRunning(launcher)))
    throw new StartError(`Gatehouse runs already with this data folder, as process ${launcher.pid}: stop it, or choose another folder with GATEHOUSE_DATA_DIR`);
  const left: ProcessIdentity[] = [];
  for (const service of services) if (await isRunning(service)) left.push(service);
  if (left.length) tell(`ending ${left.length} processes that the last start left behind`);
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    const end = Date.now() + patienceMs;
    for (const service of left) if (await isRunning(service)) signal(service.pid, name);
    for (const service of left) while ((await isRunning(service)) && Date.now() < end) await pause(25);
  }
  await forgetRunning(folder);
  return left.length > 0;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // gone in the meantime, which is what was wanted
  }
}
