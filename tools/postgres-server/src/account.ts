import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

/** The account that PostgreSQL runs as. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const candidates = ['postgres', 'nobody'];

/**
 * The account to run the server as: undefined, ourselves; for root, which PostgreSQL refuses, the owner of `cluster` if
 * it is there already, else an account that exists. No account is created.
 */
export function findAccount(cluster: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(cluster, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { name: askId('-nu', String(owner.uid)) ?? `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  for (const name of candidates) {
    const [uid, gid] = [Number(askId('-u', name)), Number(askId('-g', name))];
    if (uid && gid) return { name, uid, gid };
  }
  throw new Error(`PostgreSQL does not run as root, and this machine has none of the accounts ${candidates.join(', ')}. Run as an ordinary user`);
}

function askId(option: '-u' | '-g' | '-nu', user: string): string | undefined {
  try {
    return execFileSync('id', [option, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** Whether the account can enter a folder; asked of the kernel, which alone knows every rule (modes, ACLs, mounts). */
export const isReachable = (account: Account, folder: string): boolean => runsAs(account, 'sh', ['-c', 'cd -- "$1"', 'sh', folder]);

/** Whether a program, run by the account, ends well. */
export function runsAs(account: Account, program: string, args: readonly string[]): boolean {
  const { error, status } = spawnSync(program, args, { uid: account.uid, gid: account.gid, cwd: '/', stdio: 'ignore' });
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'EPERM' || code === 'EINVAL') {
    throw new Error(`this root may not change to the account ${account.name}. Run as an ordinary user`, { cause: error });
  }
  return !error && status === 0;
}
