import { me, type Principal, principalOf, toPrincipalName } from '@gatehouse/access';
import {
  descriptorSet,
  emailChangeNotAllowed,
  emailTaken,
  emailUnknown,
  etagMismatch,
  UserServiceDefinition,
  userIdNotAllowed,
  userNotFound,
} from '@gatehouse/contracts/user';
import { createWrites, type Idempotency } from '@gatehouse/idempotency';
import type { Database } from '@gatehouse/postgres';
import type { RpcCall, RpcService } from '@gatehouse/rpc';
import { v7 as uuidv7 } from 'uuid';
import { readPageToken, toPageToken } from './page-token';
import { createUserRepository } from './postgres/user-repository';
import { etagOf, permissionsOf, toPageSize, toRevision, type User, type UserChange } from './user';
import { readUserChange } from './user-change';
import { toUserMessage } from './user-message';
import type { UserRepository } from './user-repository';

export interface UserServiceOptions {
  database: Database;
  idempotency: Idempotency;
}

/** UserService: who people are. */
export function createUserService({ database, idempotency }: UserServiceOptions): RpcService<UserServiceDefinition> {
  const users = createUserRepository(database);
  const write = createWrites({ database, idempotency, definition: UserServiceDefinition, descriptorSet, toPrincipal: toPrincipalName });

  return {
    createUser: write('createUser', async ({ userId, email, displayName }, call, tx) => {
      if (userId && principalOf(call).kind !== 'service') throw userIdNotAllowed();
      const repository = createUserRepository(tx);
      const id = userId || uuidv7();
      const user = (await repository.insert({ id, email, displayName, roles: ['member'] })) ?? (await repository.findByEmail(email));
      // the id is in use: by an earlier attempt at the same person, or by somebody else
      if (user?.id !== id) throw emailTaken();
      return toUserMessage(user);
    }),

    async getUser({ id }, call) {
      return toUserMessage(await getUser(users, toUserId(id, call)));
    },

    updateUser: write('updateUser', async (request, call, tx) => {
      const repository = createUserRepository(tx);
      const change = readUserChange(request);
      const { id: asked, etag } = request.user!;
      const id = toUserId(asked, call);
      const allowed = mayUpdateAnyone(principalOf(call)) ? change : await toOwnChange(repository, id, change, etag);
      const changed = await repository.update(id, allowed, etag ? toRevision(etag) : undefined);
      // nothing was changed: there is no such person, they are at another etag, or they are so already
      return toUserMessage(changed ?? (await getUser(repository, id, etag)));
    }),

    async listUsers({ pageSize, pageToken }) {
      const size = toPageSize(pageSize);
      // one more than asked for tells whether there is a next page
      const found = await users.list(size + 1, readPageToken(pageToken));
      const page = found.slice(0, size);
      return { users: page.map(toUserMessage), nextPageToken: found.length > size ? toPageToken(page.at(-1)!.id) : '' };
    },

    async resolvePerson({ person }) {
      const user = person?.$case === 'email' ? await users.findByEmail(person.value) : await users.findById(person!.value);
      if (!user) throw person?.$case === 'email' ? emailUnknown() : notFound(person!.value);
      return { user: toUserMessage(user), permissions: [...permissionsOf(user)] };
    },

    ensureAdministrator: write('ensureAdministrator', async ({ email, userId }, _call, tx) =>
      toUserMessage(await createUserRepository(tx).ensureAdministrator({ id: userId, email, displayName: '', roles: ['member', 'admin'] })),
    ),
  };
}

async function getUser(users: UserRepository, id: string, etag = ''): Promise<User> {
  const user = await users.findById(id);
  if (!user) throw notFound(id);
  if (etag && etag !== etagOf(user))
    throw etagMismatch({ preconditions: [{ type: 'ETAG', subject: `users/${id}`, description: 'the etag is not the current one' }] });
  return user;
}

/** What a person may change of themselves: all but the email, which they may give as it is. */
async function toOwnChange(users: UserRepository, id: string, { email, ...change }: UserChange, etag: string): Promise<UserChange> {
  if (email !== undefined && email !== (await getUser(users, id, etag)).email)
    throw emailChangeNotAllowed({ violations: [{ field: 'user.email', description: 'must stay as it is', reason: 'not_allowed' }] });
  return change;
}

const notFound = (id: string) => userNotFound({ id }, { resource: { type: 'gatehouse.user.v1.User', name: id } });

const mayUpdateAnyone = (principal: Principal): boolean =>
  principal.kind === 'service' || (principal.kind === 'user' && principal.permissions.includes('users.update'));

/** The id of the person that a request names, who may be the caller. */
function toUserId(id: string, call: RpcCall): string {
  const principal = principalOf(call);
  return id === me && principal.kind === 'user' ? principal.id : id;
}
