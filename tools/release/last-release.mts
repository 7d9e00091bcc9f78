import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A version that others run. */
export interface Release {
  /** `0.1.0` */
  readonly version: string;
  /** What it was made of. The one after it holds the changelog. */
  readonly commit: string;
}

/**
 * The newest of docs/releases.json in the working directory. Not by tags: a clone may have none.
 * @throws Error where the clone does not reach back to its commit
 */
export function lastRelease(): Release {
  const release = (JSON.parse(readFileSync('docs/releases.json', 'utf8')) as Release[]).at(-1);
  if (!release) throw new Error('docs/releases.json names no release');
  try {
    execFileSync('git', ['cat-file', '-e', `${release.commit}^{commit}`], { stdio: 'ignore' });
  } catch (cause) {
    throw new Error(`this clone has no commit ${release.commit}, release ${release.version}: "git fetch --unshallow" brings it`, { cause });
  }
  return release;
}

/** Lays files of a release out in a folder that is there. */
export function unpackRelease({ commit }: Release, folder: string, paths: readonly string[] = []): void {
  const archive = execFileSync('git', ['archive', commit, ...paths], { maxBuffer: 256 << 20 });
  execFileSync('tar', ['x', '-C', folder], { input: archive });
}
