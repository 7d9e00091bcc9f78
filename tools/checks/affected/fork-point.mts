import { execFileSync } from 'node:child_process';

/** What a change is compared with, and what it consists of. */
export interface Change {
  /** The commit where the branch left the base. */
  readonly commit: string;
  /** The base as it was named or found: `origin/main`. */
  readonly base: string;
  /** Files that differ from the commit, those that nothing has committed included. */
  readonly files: readonly string[];
  /** How many of them nothing has committed. */
  readonly uncommitted: number;
}

/** Why there is nothing to compare with, and what to do about it; the text is for who called the command. */
export class NoBaseError extends Error {}

/**
 * Finds where the working tree of a checkout left a base, and what has changed since.
 * @param folder the checkout
 * @param named the base; else origin/main, or where there is no such thing, main
 * @throws NoBaseError where git or the history that it takes is missing
 */
export function findChange(folder: string, named?: string): Change {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 << 20, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const find = (...args: string[]) => {
    try {
      return git(...args);
    } catch {
      return undefined;
    }
  };
  const list = (...args: string[]) =>
    git(...args)
      .split('\0')
      .filter(Boolean);
  const isCommit = (name: string) => find('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`) !== undefined;

  if (!isCommit('HEAD'))
    throw new NoBaseError(`${folder} is no checkout with a commit, or there is no git: "affected" compares with a commit, so run it in a clone`);
  const isShallow = git('rev-parse', '--is-shallow-repository') === 'true';
  const base = named ?? ['origin/main', 'main'].find(isCommit);
  if (base === undefined)
    throw new NoBaseError(
      'there is neither origin/main nor main to compare with: bring it by "git fetch origin main:refs/remotes/origin/main", or name another commit by --base=<ref>',
    );
  if (!isCommit(base)) throw new NoBaseError(`this clone has no commit ${base}: bring it by "git fetch", or name another by --base=<ref>`);
  const commit = find('merge-base', base, 'HEAD');
  if (commit === undefined)
    throw new NoBaseError(
      isShallow
        ? `this clone is shallow and does not reach back to where ${base} was left: bring the history by "git fetch --unshallow" (in a workflow: fetch-depth: 0)`
        : `${base} and HEAD have no commit in common: name a commit of this history by --base=<ref>`,
    );
  const untracked = list('ls-files', '-z', '--others', '--exclude-standard');
  const uncommitted = new Set([...list('diff', '--name-only', '--no-renames', '-z', 'HEAD'), ...untracked]);
  const files = new Set([...list('diff', '--name-only', '--no-renames', '-z', commit), ...untracked]);
  return { commit, base, files: [...files].sort(), uncommitted: uncommitted.size };
}
