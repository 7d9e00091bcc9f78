import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Whether a process with this id runs; one that has ended and waits for its parent does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return !readStat(pid)?.startsWith('Z');
}

/** What tells this process from a later one with the same id; undefined when there is none. */
export function findStart(pid: number): string | undefined {
  if (process.platform === 'linux') return readStat(pid)?.split(' ')[19];
  return findByPs(pid, 'lstart');
}

/** The command line of a process, its arguments joined by blanks. */
export function findCommand(pid: number): string | undefined {
  if (process.platform !== 'linux') return findByPs(pid, 'args');
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
  } catch {
    return undefined;
  }
}

/** The fields of /proc/<pid>/stat behind the name, which may hold blanks and brackets itself (proc(5)). */
function readStat(pid: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2);
  } catch {
    return undefined;
  }
}

function findByPs(pid: number, field: 'lstart' | 'args'): string | undefined {
  try {
    return execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
