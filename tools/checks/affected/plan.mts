import { findAffectedTasks, type AffectedTask } from './affected-tasks.mts';
import { hashTasksOf } from './base-tasks.mts';
import { hashTasks } from './hashed-tasks.mts';
import type { Change } from './fork-point.mts';
import { explain } from './reasons.mts';

/** The targets that a change may reach, in the order in which they are run. */
export const targetsOfChange: readonly string[] = ['lint', 'typecheck', 'test', 'build', 'page', 'image-files', 'image', 'check', 'e2e', 'workspace'];

/** A project that a change reaches. */
export interface AffectedProject {
  readonly name: string;
  /** Those of the targets asked for that are to be run. */
  readonly targets: readonly string[];
  readonly why: string;
}

/**
 * The projects that a change reaches.
 * @param folder the checkout
 * @param targets those of targetsOfChange that are asked for
 * @param warn is told when the base cannot be read and everything counts as affected
 * @throws Error where Nx cannot read the working tree
 */
export async function planAffected(
  folder: string,
  change: Change,
  targets: readonly string[],
  warn: (text: string) => void,
): Promise<readonly AffectedProject[]> {
  if (change.files.length === 0) return [];
  const [base, head] = await Promise.all([
    hashTasksOf(folder, change.commit, targetsOfChange).catch((error: Error) => {
      warn(`everything counts as affected, since the commit that is compared with cannot be read: ${error.message}`);
      return {};
    }),
    hashTasks(folder, targetsOfChange),
  ]);
  const projects = new Map<string, AffectedTask[]>();
  const affected = findAffectedTasks(base, head);
  const byId = new Map(affected.map((task) => [task.id, task]));
  for (const task of affected) if (targets.includes(task.target)) projects.set(task.project, [...(projects.get(task.project) ?? []), task]);
  return [...projects]
    .map(([name, tasks]) => ({
      name,
      targets: targetsOfChange.filter((target) => tasks.some((task) => task.target === target)),
      why: explain(tasks, byId, change.files),
    }))
    .sort((one, other) => one.name.localeCompare(other.name));
}
