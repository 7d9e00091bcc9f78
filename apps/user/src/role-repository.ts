import type { Role, RoleChange } from './role';

/** The questions that both services ask of the table of roles. */
export interface RoleRepository {
  findById(id: string): Promise<Role | undefined>;
  /** At most `limit` after an id, in the order of ids. */
  list(limit: number, afterId: string): Promise<readonly Role[]>;
  /** Reads a role, and holds it until the transaction ends: who would change it, or give it to somebody, waits. */
  lock(id: string): Promise<Role | undefined>;
  /** Gives undefined when there is one with this id. */
  insert(role: Pick<Role, 'id' | 'title' | 'description' | 'permissions'>): Promise<Role | undefined>;
  /** Writes a role that is locked as a new revision. */
  update(id: string, change: RoleChange): Promise<Role>;
  delete(id: string): Promise<void>;
  isInUse(id: string): Promise<boolean>;
  /** Those of the roles that are there, which stay so until the transaction ends. */
  hold(ids: readonly string[]): Promise<readonly Role[]>;
  /** What these roles permit together, each once, in order. */
  permissionsOf(ids: readonly string[]): Promise<readonly string[]>;
}
