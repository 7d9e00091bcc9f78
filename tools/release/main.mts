// `nx release`, where its commit can be made and holds nothing but the release. `--dry-run` shows it anywhere.
import { execFileSync, spawnSync } from 'node:child_process';

const options = process.argv.slice(2);
const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** What is in the way of a release. */
function findObstacles(): string[] {
  const obstacles: string[] = [];
  const changed = git('status', '--porcelain').trimEnd();
  if (changed)
    obstacles.push(`the tree holds what is not committed, and a release is recorded with the commit that it is made of: commit or remove\n${changed}`);
  try {
    for (const ident of ['GIT_AUTHOR_IDENT', 'GIT_COMMITTER_IDENT']) git('var', ident);
  } catch {
    // told now: after it has written its files, nx would stop half-way
    obstacles.push('git does not know who commits: set user.name and user.email by "git config"');
  }
  return obstacles;
}

const obstacles = options.includes('--dry-run') ? [] : findObstacles();
if (obstacles.length) console.error(obstacles.join('\n'));
process.exitCode = obstacles.length ? 1 : (spawnSync('nx', ['release', '--skip-publish', ...options], { stdio: 'inherit' }).status ?? 1);
