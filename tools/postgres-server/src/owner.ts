import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findStart, isRunning } from './process';

interface Owner {
  pid: number;
  start: string | undefined;
}

/**
 * Makes this process the owner of a data folder and gives what ends that. Throws when another process, or this one, owns
 * it; an owner that was killed owns nothing any more.
 */
export function claimDataFolder(dataFolder: string): () => void {
  const file = join(dataFolder, 'owner.json');
  const own = join(dataFolder, `owner-${randomUUID()}.json`);
  writeFileSync(own, JSON.stringify({ pid: process.pid, start: findStart(process.pid) } satisfies Owner));
  try {
    removeStale(file, own);
    linkSync(own, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new Error(
      `the data in ${dataFolder} are in use by process ${readOwner(file)?.pid ?? '?'}. Stop that one first (is "npm start" running in another terminal?)`,
      { cause },
    );
  } finally {
    rmSync(own, { force: true });
  }
  return () => rmSync(file, { force: true });
}

function removeStale(file: string, own: string): void {
  const found = readOwner(file);
  if (!found || isOwner(found)) return;
  const aside = `${own}.stale`;
  renameSync(file, aside);
  // Somebody may have done the same meanwhile, and what was put aside be theirs.
  const taken = readOwner(aside);
  if (taken && isOwner(taken)) linkSync(aside, file);
  rmSync(aside);
}

const isOwner = (owner: Owner): boolean => isRunning(owner.pid) && findStart(owner.pid) === owner.start;

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}
