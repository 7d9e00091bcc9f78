import { type Principal, principalOf } from '@gatehouse/access';
import { permissionDenied } from '@gatehouse/contracts/api';
import { etagMismatch, lastAdministrator, permissionNotHeld, userNotFound } from '@gatehouse/contracts/user';
import type { Queryable } from '@gatehouse/postgres';
import type { RpcCall } from '@gatehouse/rpc';
import { isDeepStrictEqual } from 'node:util';
import { createRoleRepository } from './postgres/role-repository';
import { createUserRepository } from './postgres/user-repository';
import { findNotHeld } from './role';
import { etagOf, isAdministrator, type NewUser, type User } from './user';
import { appendUserChanges, toHappening } from './user-events';

/**
 * The one way in which a person is changed: they are locked, held to the etag if there is one, and written if it makes a
 * difference, which followers are told. Gives how they are after it.
 * @throws userNotFound, etagMismatch, lastAdministrator when nobody could administer any more, and what `change` throws
 */
export async function changeUser(tx: Queryable, { id, etag }: { id: string; etag: string }, change: (user: User) => User | Promise<User>): Promise<User> {
  const users = createUserRepository(tx);
  const before = await users.lock(id);
  if (!before) throw notFound(id);
  requireEtag(`users/${id}`, before, etag);
  const after = await change(before);
  if (isDeepStrictEqual(after, before)) return before;
  if (isAdministrator(before) && !isAdministrator(after) && !(await users.hasOtherAdministrator(id))) throw lastAdministrator();
  const changed = await users.update(after, before);
  await appendUserChanges(tx, [{ happening: toHappening(before, changed), user: changed }]);
  return changed;
}

/** Adds a person, which followers are told; gives undefined when the id is in use. @throws as `UserRepository.insert` */
export async function addUser(tx: Queryable, user: NewUser): Promise<User | undefined> {
  const added = await createUserRepository(tx).insert(user);
  if (added) await appendUserChanges(tx, [{ happening: 'created', user: added }]);
  return added;
}

/** @throws etagMismatch when an etag is given that is not the current one of what `subject` names */
export function requireEtag(subject: string, current: { readonly revision: number }, etag: string): void {
  if (!etag || etag === etagOf(current)) return;
  throw etagMismatch({ preconditions: [{ type: 'ETAG', subject, description: 'the etag is not the current one' }] });
}

/**
 * Keeps who has fewer permissions from having power over who has more: it takes each permission that the other has.
 * @throws permissionNotHeld
 */
export async function requirePowerOver(tx: Queryable, user: User, call: RpcCall): Promise<void> {
  const principal = principalOf(call);
  if (principal.kind === 'user' && principal.id === user.id) return;
  requireHeld(principal, await createRoleRepository(tx).permissionsOf(user.roleIds));
}

/**
 * Keeps who was suspended or deleted from letting themselves in again, as long as their token lives; `field` of the request would do it.
 * @throws permissionDenied
 */
export function requireLetInByOthers(principal: Principal, { id, status }: Pick<User, 'id' | 'status'>, field: string): void {
  if (principal.kind !== 'user' || principal.id !== id || status === 'active') return;
  throw permissionDenied(
    { permission: '' },
    { violations: [{ field, description: 'is your own, and nobody who is suspended or deleted lets themselves in again', reason: 'not_allowed' }] },
  );
}

/** @throws permissionNotHeld when a person would give or take permissions that they do not have */
export function requireHeld(principal: Principal, permissions: readonly string[]): void {
  const permission = principal.kind === 'user' ? findNotHeld(principal.permissions, permissions) : undefined;
  if (permission) throw permissionNotHeld({ permission });
}

/** That there is no person with this id. */
export const notFound = (id: string) => userNotFound({ id }, { resource: { type: 'gatehouse.user.v1.User', name: id } });
