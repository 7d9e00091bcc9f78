import { principalOf } from '@gatehouse/access';
import { roleNotFound, userDeleted, type UserServiceDefinition } from '@gatehouse/contracts/user';
import type { Queryable } from '@gatehouse/postgres';
import type { RpcCall, RpcService } from '@gatehouse/rpc';
import { changeUser, requireHeld, requireLetInByOthers, requirePowerOver } from './change-user';
import { createRoleRepository } from './postgres/role-repository';
import { differenceOf, type Role } from './role';
import type { User } from './user';
import { toUserMessage } from './user-message';
import type { UserWrite } from './user-profile';
import { mayReadPrivateMetadata } from './whose';

type StatusMethods = Pick<RpcService<UserServiceDefinition>, 'deleteUser' | 'undeleteUser' | 'suspendUser' | 'reinstateUser' | 'setUserRoles'>;

/** The methods of UserService that say whether somebody may enter, and what they may do. */
export function createStatusMethods(write: UserWrite, retentionMs: number): StatusMethods {
  const method = (name: Exclude<keyof StatusMethods, 'setUserRoles'>, change: (user: User, call: RpcCall) => User) =>
    write(name, async ({ id, etag }, call, tx) => {
      const user = await changeUser(tx, { id, etag }, async (before) => {
        await requirePowerOver(tx, before, call);
        return change(before, call);
      });
      return toUserMessage(user, mayReadPrivateMetadata(call));
    });
  return {
    deleteUser: method('deleteUser', (user) => {
      if (user.status === 'deleted') return user;
      const now = Date.now();
      return { ...user, status: 'deleted', undeleteStatus: user.status, deleteTime: new Date(now), purgeTime: new Date(now + retentionMs) };
    }),
    undeleteUser: method('undeleteUser', (user, call) => {
      if (user.status !== 'deleted') return user;
      requireLetInByOthers(principalOf(call), user, 'id');
      return { ...user, status: user.undeleteStatus ?? 'active', undeleteStatus: undefined, deleteTime: undefined, purgeTime: undefined };
    }),
    suspendUser: method('suspendUser', (user) => ({ ...requireThere(user), status: 'suspended' })),
    reinstateUser: method('reinstateUser', (user, call) => {
      requireLetInByOthers(principalOf(call), requireThere(user), 'id');
      return { ...user, status: 'active' };
    }),
    setUserRoles: write('setUserRoles', async ({ id, roleIds: asked, etag }, call, tx) => {
      const roleIds = [...asked].sort();
      const user = await changeUser(tx, { id, etag }, async (before) => {
        await requirePowerOver(tx, requireThere(before), call);
        await requireMaySetRoles(tx, before, roleIds, call);
        return { ...before, roleIds };
      });
      return toUserMessage(user, mayReadPrivateMetadata(call));
    }),
  };
}

/** @throws roleNotFound, permissionNotHeld */
async function requireMaySetRoles(tx: Queryable, user: User, roleIds: readonly string[], call: RpcCall): Promise<void> {
  const changed = differenceOf(user.roleIds, roleIds);
  const roles = await createRoleRepository(tx).hold([...user.roleIds, ...roleIds]);
  const missing = roleIds.find((id) => !roles.some((role) => role.id === id));
  if (missing) throw roleNotFound({ id: missing });
  const permissionsOf = (ids: readonly string[]) => roles.filter((role: Role) => ids.includes(role.id)).flatMap(({ permissions }) => permissions);
  requireHeld(principalOf(call), permissionsOf(changed));
}

/** @throws userDeleted */
function requireThere(user: User): User {
  if (user.status === 'deleted') throw userDeleted();
  return user;
}
