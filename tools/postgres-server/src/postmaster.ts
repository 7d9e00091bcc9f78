import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { toProgram } from './binaries';
import { explainFailure } from './cluster';
import { toEnvironment } from './environment';
import type { Place } from './place';
import { findCommand, isRunning } from './process';

/** PostgreSQL's first process, which the others are children of. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/**
 * The postmaster that runs on a data directory, by the directory's postmaster.pid. A file that a dead server left is
 * removed: PostgreSQL does that itself, but not when another process of the account has got the same id since.
 */
export function findPostmaster(cluster: string): Postmaster | undefined {
  const file = join(cluster, 'postmaster.pid');
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (pid > 0 && isRunning(pid) && findCommand(pid)?.includes(` -D ${cluster} `)) return { pid, port: Number(lines[3]) };
  rmSync(file, { force: true });
  return undefined;
}

/** Starts a postmaster; it is not waited for. It has a session of its own, so that Ctrl-C in our terminal is not its end. */
export function spawnPostmaster(place: Place, port: number, logFile: string, durable: boolean): ChildProcess {
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    // Commits are still written before they are acknowledged: a killed server loses none, only a loss of power would.
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  const log = openSync(logFile, 'w', 0o600);
  try {
    const child = spawn(
      toProgram(place.programs, 'postgres'),
      ['-D', place.cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { uid: place.account?.uid, gid: place.account?.gid, cwd: '/', env: toEnvironment(), detached: true, stdio: ['ignore', log, log] },
    );
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

const answerWithinMs = 2_000;

/** Resolves when `connects` is true; throws what the server printed if it ends before. */
export async function waitUntilReady(child: ChildProcess, place: Place, logFile: string, connects: () => Promise<boolean>): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (cause) => (failure = new Error(`PostgreSQL cannot be run: ${cause.message}`, { cause })));
  let readySince: number | undefined;
  for (let waitMs = 20; ; waitMs = Math.min(waitMs + 10, 250)) {
    if (failure) throw failure;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(explainFailure(place, readFileSync(logFile, 'utf8')));
    if (await connects()) return;
    // Recovery after a crash takes as long as it takes; a server that is through with it answers at once.
    if (isReady(place.cluster)) readySince ??= Date.now();
    if (readySince !== undefined && Date.now() - readySince > answerWithinMs) {
      await stopPostmaster(child.pid as number, 'fast');
      throw new Error(`PostgreSQL runs, and does not let us in. Is superuser-password that of these data? See ${logFile}`);
    }
    await sleep(waitMs);
  }
}

function isReady(cluster: string): boolean {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

/** Stops a postmaster: fast (`SIGINT`: sessions are ended, data written), or at once (`SIGQUIT`: recovery at the next start). */
export async function stopPostmaster(pid: number, mode: 'fast' | 'immediate'): Promise<void> {
  if (mode === 'fast' && (await endBy(pid, 'SIGINT', 20_000))) return;
  if (await endBy(pid, 'SIGQUIT', 10_000)) return;
  throw new Error(`PostgreSQL (process ${pid}) does not stop. Look at it, and end it by "kill -9 ${pid}" if it hangs`);
}

async function endBy(pid: number, signal: NodeJS.Signals, withinMs: number): Promise<boolean> {
  if (isRunning(pid)) process.kill(pid, signal);
  for (const end = Date.now() + withinMs; isRunning(pid); await sleep(20)) if (Date.now() > end) return false;
  return true;
}
