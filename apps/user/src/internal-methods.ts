import { emailTaken, emailUnknown, type UserServiceDefinition } from '@gatehouse/contracts/user';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { addUser, changeUser, notFound } from './change-user';
import { createRoleRepository } from './postgres/role-repository';
import type { UserLoader } from './postgres/user-loader';
import { createUserRepository } from './postgres/user-repository';
import { administrator, emptyProfile, member } from './user';
import { toUserMessage } from './user-message';
import type { UserWrite } from './user-profile';

type InternalMethods = Pick<RpcService<UserServiceDefinition>, 'resolvePerson' | 'ensureAdministrator' | 'recordLastSeen'>;

const forServices = { withPrivateMetadata: false };

/** The methods of UserService that services alone may call. */
export function createInternalMethods(database: Database, loader: UserLoader, write: UserWrite): InternalMethods {
  const roles = createRoleRepository(database.read);
  return {
    async resolvePerson({ person }) {
      const user = person?.$case === 'email' ? await loader.findByEmail(person.value) : await loader.findById(person!.value);
      // asked of nobody too: time must not tell who has an email (OWASP ASVS 5.0 V6.3.8)
      const permissions = await roles.permissionsOf(user?.roleIds ?? [member]);
      if (!user) throw person?.$case === 'email' ? emailUnknown() : notFound(person!.value);
      return { user: toUserMessage(user, forServices), permissions: [...permissions] };
    },

    async recordLastSeen({ sightings }) {
      const seen = sightings.map(({ userId, time }) => ({ userId, time: time! }));
      await database.transaction((tx) => createUserRepository(tx).recordLastSeen(seen));
      return {};
    },

    ensureAdministrator: write('ensureAdministrator', async ({ email, userId }, _call, tx) => {
      const known = await createUserRepository(tx).findByEmail(email);
      if (known && known.id !== userId) throw emailTaken();
      const user =
        (known ? undefined : await addUser(tx, { ...emptyProfile, id: userId, email, roleIds: [administrator, member] })) ??
        (await changeUser(tx, { id: userId, etag: '' }, (before) => {
          // the id is of somebody with another email
          if (before.email.toLowerCase() !== email.toLowerCase()) throw emailTaken();
          const roleIds = before.roleIds.includes(administrator) ? before.roleIds : [...before.roleIds, administrator].sort();
          return { ...before, roleIds, status: 'active', undeleteStatus: undefined, deleteTime: undefined, purgeTime: undefined };
        }));
      return toUserMessage(user, forServices);
    }),
  };
}
