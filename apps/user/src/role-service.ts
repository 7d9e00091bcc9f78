import { principalOf, toPrincipalName } from '@gatehouse/access';
import {
  descriptorSet,
  pageTokenInvalid,
  type RoleDefinition,
  roleBuiltIn,
  roleExists,
  roleInUse,
  roleNotFound,
  RoleServiceDefinition,
} from '@gatehouse/contracts/user';
import { createPageTokens, toPageSize } from '@gatehouse/listing';
import { createWrites, type Idempotency } from '@gatehouse/idempotency';
import type { Database, Queryable } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { requireEtag, requireHeld } from './change-user';
import { createRoleRepository } from './postgres/role-repository';
import { differenceOf, type Role, type RoleChange } from './role';
import { etagOf } from './user';
import { appendRoleChange } from './user-events';

export interface RoleServiceOptions {
  database: Database;
  idempotency: Idempotency;
  /** 32 bytes, the same in all replicas: page tokens are sealed under a key of it. */
  secret: Uint8Array;
}

/** RoleService: what roles there are. */
export function createRoleService({ database, idempotency, secret }: RoleServiceOptions): RpcService<RoleServiceDefinition> {
  const roles = createRoleRepository(database.read);
  const tokens = createPageTokens({ secret, label: 'user/ListRoles', invalid: pageTokenInvalid });
  const write = createWrites({ database, idempotency, definition: RoleServiceDefinition, descriptorSet, toPrincipal: toPrincipalName });
  return {
    createRole: write('createRole', async ({ roleId, role }, call, tx) => {
      const permissions = toPermissions(role!);
      requireHeld(principalOf(call), permissions);
      const created = await createRoleRepository(tx).insert({ id: roleId, title: role!.title, description: role!.description, permissions });
      if (!created) throw roleExists();
      return toRoleMessage(created);
    }),

    async getRole({ id }) {
      const role = await roles.findById(id);
      if (!role) throw notFound(id);
      return toRoleMessage(role);
    },

    async listRoles({ pageSize, pageToken }) {
      const size = toPageSize(pageSize, { default: 50, max: 200 });
      const [afterId = ''] = tokens.open(pageToken, {}) ?? [];
      const found = await roles.list(size + 1, afterId);
      const page = found.slice(0, size);
      return { roles: page.map(toRoleMessage), nextPageToken: found.length > size ? tokens.seal({}, [page.at(-1)!.id]) : '' };
    },

    updateRole: write('updateRole', async ({ role, updateMask = [] }, call, tx) => {
      const before = await lock(tx, role!.id, role!.etag);
      const change = readRoleChange(role!, updateMask);
      const after = { ...before, ...change };
      const difference = differenceOf(before.permissions, after.permissions);
      requireHeld(principalOf(call), difference);
      if (before.builtInPermissions?.some((permission) => !after.permissions.includes(permission))) throw roleBuiltIn();
      const isSame = after.title === before.title && after.description === before.description && !difference.length;
      if (difference.length) await appendRoleChange(tx, before);
      return toRoleMessage(isSame ? before : await createRoleRepository(tx).update(before.id, change));
    }),

    deleteRole: write('deleteRole', async ({ id, etag }, _call, tx) => {
      const role = await lock(tx, id, etag);
      const repository = createRoleRepository(tx);
      if (role.builtInPermissions) throw roleBuiltIn();
      if (await repository.isInUse(id)) throw roleInUse();
      await repository.delete(id);
      await appendRoleChange(tx, role);
      return {};
    }),
  };
}

/** @throws roleNotFound, etagMismatch */
async function lock(tx: Queryable, id: string, etag: string): Promise<Role> {
  const role = await createRoleRepository(tx).lock(id);
  if (!role) throw notFound(id);
  requireEtag(`roles/${id}`, role, etag);
  return role;
}

const notFound = (id: string) => roleNotFound({ id }, { resource: { type: 'gatehouse.user.v1.RoleDefinition', name: id } });

const toPermissions = ({ permissions }: RoleDefinition): readonly string[] => [...new Set(permissions)].sort();

function readRoleChange(role: RoleDefinition, updateMask: readonly string[]): RoleChange {
  const isNamed = (path: string, value: string | readonly string[]) =>
    updateMask.length ? updateMask.includes(path) || updateMask.includes('*') : value.length > 0;
  return {
    ...(isNamed('title', role.title) && { title: role.title }),
    ...(isNamed('description', role.description) && { description: role.description }),
    ...(isNamed('permissions', role.permissions) && { permissions: toPermissions(role) }),
  };
}

const toRoleMessage = (role: Role): RoleDefinition => ({
  id: role.id,
  title: role.title,
  description: role.description,
  permissions: [...role.permissions],
  builtIn: role.builtInPermissions !== undefined,
  createTime: role.createTime,
  updateTime: role.updateTime,
  etag: etagOf(role),
});
