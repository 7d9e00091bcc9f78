import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', maxBuffer: 256 << 20, stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const attempt = (...args: string[]) => {
  try {
    return git(...args);
  } catch {
    return undefined;
  }
};

/**
 * The commit from which on changes count: where this branch left another one.
 * @param branch a branch or a commit; else origin/main, or main
 * @throws Error where there is none, or the clone does not reach back to it
 */
export function findBase(branch?: string): string {
  const name = branch ?? ['origin/main', 'main'].find((candidate) => attempt('rev-parse', '--verify', '--quiet', `${candidate}^{commit}`));
  if (!name) throw new Error('this clone has neither origin/main nor main to compare with: name a commit or a branch, --base=HEAD~1');
  if (!attempt('rev-parse', '--verify', '--quiet', `${name}^{commit}`))
    throw new Error(`${name} is no commit of this clone: "git fetch" brings what is not here yet`);
  const base = attempt('merge-base', name, 'HEAD');
  if (base) return base;
  if (git('rev-parse', '--is-shallow-repository') === 'true')
    throw new Error(`this clone is too shallow to tell where HEAD left ${name}: "git fetch --unshallow" brings the rest`);
  throw new Error(`HEAD and ${name} have no commit in common: name another one, --base=HEAD~1`);
}

/** The lines, from 1 on, that the working tree has and the commit has not, by file. */
export function readChangedLines(base: string): ReadonlyMap<string, readonly number[]> {
  const lines = new Map<string, number[]>();
  let file = '';
  let previous = '';
  for (const line of git('-c', 'core.quotePath=false', 'diff', '--unified=0', '--no-color', '--no-ext-diff', '--no-prefix', base).split('\n')) {
    // a path with spaces ends in a tab
    if (previous.startsWith('--- ') && line.startsWith('+++ ')) file = line.slice(4).replace(/\t$/, '');
    const [, start, count = '1'] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (start && Number(count)) lines.set(file, [...(lines.get(file) ?? []), ...Array.from({ length: Number(count) }, (_, index) => Number(start) + index)]);
    previous = line;
  }
  for (const path of git('-c', 'core.quotePath=false', 'ls-files', '--others', '--exclude-standard').split('\n').filter(Boolean))
    lines.set(
      path,
      Array.from(readFileSync(path, 'utf8').split('\n'), (_, index) => index + 1),
    );
  return lines;
}
