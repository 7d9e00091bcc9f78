import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hashTasks, type HashedTasks } from './hashed-tasks.mts';

/**
 * What Nx hashes for the tasks of a commit, from its files and the packages that are installed now. The last answer is kept, since a
 * branch is compared with the same commit until it is rebased.
 * @param folder the checkout
 * @param commit its full name
 * @throws Error where Nx cannot read that commit's workspace
 */
export async function hashTasksOf(folder: string, commit: string, targets: readonly string[]): Promise<HashedTasks> {
  const packages = readFileSync(join(folder, 'node_modules/.package-lock.json'));
  const key = createHash('sha256')
    .update(JSON.stringify([commit, targets, process.version, process.platform, process.arch]))
    .update(packages)
    .digest('hex');
  const kept = join(folder, '.nx/affected-base.json');
  try {
    const { key: keptKey, tasks } = JSON.parse(readFileSync(kept, 'utf8')) as { key: string; tasks: HashedTasks };
    if (keptKey === key) return tasks;
  } catch {
    // none is kept, or half of one
  }
  const base = mkdtempSync(join(tmpdir(), 'affected-'));
  try {
    const archive = execFileSync('git', ['archive', commit], { cwd: folder, maxBuffer: 256 << 20 });
    execFileSync('tar', ['x', '-C', base], { input: archive });
    if (!existsSync(join(base, 'node_modules'))) symlinkSync(join(folder, 'node_modules'), join(base, 'node_modules'));
    const tasks = await hashTasks(base, targets);
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, JSON.stringify({ key, tasks }));
    return tasks;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}
