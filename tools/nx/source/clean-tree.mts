import { execFileSync } from 'node:child_process';

/**
 * Lets a generator go on where git can show, and take back, what it is about to write.
 * @throws Error that names what is not committed, or says that there is no git here
 */
export function requireCleanTree(root: string, allowDirty = false): void {
  if (allowDirty) return;
  const changed = readStatus(root);
  if (changed.length === 0) return;
  const shown = changed.slice(0, 3).join(', ') + (changed.length > 3 ? ` and ${changed.length - 3} more` : '');
  throw new Error(`the tree has changes that are not committed (${shown}): commit or stash them, or say --allow-dirty`);
}

function readStatus(root: string): string[] {
  try {
    const status = execFileSync('git', ['status', '--porcelain', '-z'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    return status
      .split('\0')
      .filter(Boolean)
      .map((line) => line.slice(3));
  } catch (cause) {
    throw new Error('git does not know this folder, so nothing here could be taken back: work in a clone, or say --allow-dirty', { cause });
  }
}
