import { createHash } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Account, findAccount, isReachable, runsAs } from './account';
import { type Binaries, toProgram } from './binaries';

/** Where the server's programs and data are, and who runs it. */
export interface Place {
  /** PostgreSQL's own data directory. */
  readonly cluster: string;
  /** Holds `bin`, `lib` and `share`. */
  readonly programs: string;
  readonly version: string;
  readonly account: Account | undefined;
  /** What had to be put elsewhere, and why. */
  readonly notice: string | undefined;
  /** Folder outside of the data folder, where there had to be one. */
  readonly outside: string | undefined;
}

/**
 * Chooses the place for a data folder: itself, and the programs where npm put them. When root runs the server as another
 * account, which cannot reach a checkout under /root, a folder of that account's own takes over, the same at each start.
 */
export function choosePlace(dataFolder: string, binaries: Binaries): Place {
  const within = join(dataFolder, 'cluster');
  const outsideFolder = toOutsideFolder(dataFolder);
  const account = findAccount(existsSync(within) ? within : join(outsideFolder, 'cluster'));
  if (!account) refuseForeign(within);
  if (!account) return { cluster: within, programs: binaries.folder, version: binaries.version, account, notice: undefined, outside: undefined };
  const outside = existsSync(within) || (!existsSync(join(outsideFolder, 'cluster')) && isReachable(account, dataFolder)) ? undefined : outsideFolder;
  if (outside) claimFolder(outside, account);
  const reachable = runsAs(account, toProgram(binaries.folder, 'postgres'), ['--version']);
  const programs = reachable ? binaries.folder : copyBinaries(binaries, outside ?? dataFolder);
  const moved = [...(outside ? ['data'] : []), ...(reachable ? [] : ['programs'])].join(' and ');
  return {
    cluster: outside ? join(outside, 'cluster') : within,
    programs,
    version: binaries.version,
    account,
    notice: moved ? `PostgreSQL runs as ${account.name}, which cannot reach this checkout: its ${moved} are in ${outside ?? dataFolder}` : undefined,
    outside,
  };
}

function refuseForeign(cluster: string): void {
  const owner = lstatSync(cluster, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || process.getuid === undefined || owner === process.getuid()) return;
  throw new Error(`the data in ${cluster} belong to another account (uid ${owner}). Start as root, as the time before, or remove the data as root`);
}

/** Where the parts of a data folder go that PostgreSQL's account cannot reach; the same at each start. */
export const toOutsideFolder = (dataFolder: string): string =>
  join('/var/tmp', `gatehouse-${createHash('sha256').update(realpathSync(dataFolder)).digest('hex').slice(0, 16)}`);

/** Everybody may write to /var/tmp: a folder that somebody else put there is not entered. */
function claimFolder(folder: string, account: Account): void {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (!found) {
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, account.uid, account.gid);
  } else if (!found.isDirectory() || found.uid !== account.uid || (found.mode & 0o077) !== 0) {
    throw new Error(`${folder} is there and is not a folder of ${account.name} alone. Look at it, and remove it if nobody needs it`);
  }
}

function copyBinaries(binaries: Binaries, home: string): string {
  const name = `postgres-${binaries.version}`;
  const folder = join(home, name);
  if (existsSync(folder)) return folder;
  for (const old of readdirSync(home)) if (/^postgres-\d/.test(old)) rmSync(join(home, old), { recursive: true, force: true });
  const copy = join(home, 'postgres-0-copy');
  try {
    cpSync(binaries.folder, copy, { recursive: true, verbatimSymlinks: true });
  } catch (cause) {
    rmSync(copy, { recursive: true, force: true });
    throw new Error(`PostgreSQL's programs, some 60 MB, cannot be copied to ${home}. Is its disk full?`, { cause });
  }
  openToAll(copy);
  renameSync(copy, folder);
  return folder;
}

// The checkout's modes may shut others out (umask 077); what is copied is public software.
function openToAll(path: string): void {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) return;
  chmodSync(path, found.isDirectory() || found.mode & 0o100 ? 0o755 : 0o644);
  if (found.isDirectory()) for (const entry of readdirSync(path)) openToAll(join(path, entry));
}
