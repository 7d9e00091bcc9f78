import type { HashedTask, HashedTasks } from './hashed-tasks.mts';

/** A task that a change reaches. */
export interface AffectedTask extends HashedTask {
  readonly id: string;
  /** Names of its inputs that differ; none where it only comes after another that is affected. */
  readonly differing: readonly string[];
  /** What it comes after, where that is affected. */
  readonly after: readonly string[];
}

/**
 * The tasks that are not at head what they were at base: an input differs, or what they come after is affected. What has no
 * equal at base is new, and all of its inputs differ.
 * @param base the tasks of the commit that is compared with
 * @param head the tasks of the working tree
 */
export function findAffectedTasks(base: HashedTasks, head: HashedTasks): readonly AffectedTask[] {
  const found = new Map<string, AffectedTask | undefined>();
  const find = (id: string): AffectedTask | undefined => {
    if (found.has(id)) return found.get(id);
    found.set(id, undefined);
    const task = head[id]!;
    const was = base[id]?.inputs ?? {};
    const differing = [...new Set([...Object.keys(task.inputs), ...Object.keys(was)])].filter((name) => task.inputs[name] !== was[name]);
    const after = task.dependencies.filter((dependency) => find(dependency));
    const affected = differing.length || after.length ? { ...task, id, differing, after } : undefined;
    found.set(id, affected);
    return affected;
  };
  return Object.keys(head).flatMap((id) => find(id) ?? []);
}
