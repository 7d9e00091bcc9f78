import { me, principalOf } from '@gatehouse/access';
import { CreateUserRequest, emailTaken, User as UserMessage, type UserServiceDefinition, userIdNotAllowed, userNotFound } from '@gatehouse/contracts/user';
import type { Idempotency } from '@gatehouse/idempotency';
import type { Database } from '@gatehouse/postgres';
import type { RpcCall, RpcService } from '@gatehouse/rpc';
import { v7 as uuidv7 } from 'uuid';
import { readPageToken, toPageToken } from './page-token';
import { createUserRepository } from './postgres/user-repository';
import { isSameEmail, permissionsOf, toPageSize, type User } from './user';
import { toUserMessage } from './user-message';

export interface UserServiceOptions {
  database: Database;
  idempotency: Idempotency;
}

/** UserService: who people are. */
export function createUserService({ database, idempotency }: UserServiceOptions): RpcService<UserServiceDefinition> {
  const users = createUserRepository(database);

  return {
    async createUser(request, call) {
      const principal = principalOf(call);
      if (request.userId && principal.kind !== 'service') throw userIdNotAllowed();
      const key = { principal: toKey(call), method: call.method.path, requestId: request.requestId };
      const answer = await database.transaction((tx) =>
        idempotency.once(tx, key, CreateUserRequest.encode(request).finish(), async () => {
          const repository = createUserRepository(tx);
          const id = request.userId || uuidv7();
          const made = await repository.insert({ id, email: request.email, displayName: request.displayName, roles: ['member'] });
          const user = made ?? (await repository.findById(id));
          // the id is in use: by a repetition of this call, or by somebody else
          if (!user || !isSameEmail(user.email, request.email)) throw emailTaken();
          return UserMessage.encode(toUserMessage(user)).finish();
        }),
      );
      return UserMessage.decode(answer);
    },

    async getUser({ id }, call) {
      const principal = principalOf(call);
      return toUserMessage(await getUser(id === me && principal.kind === 'user' ? principal.id : id));
    },

    async listUsers({ pageSize, pageToken }) {
      const size = toPageSize(pageSize);
      // one more than asked for tells whether there is a next page
      const found = await users.list(size + 1, readPageToken(pageToken));
      const page = found.slice(0, size);
      return { users: page.map(toUserMessage), nextPageToken: found.length > size ? toPageToken(page.at(-1)!.id) : '' };
    },

    async resolvePerson({ person }) {
      const user = person?.$case === 'email' ? await users.findByEmail(person.value) : await users.findById(person!.value);
      if (!user) throw userNotFound();
      return { user: toUserMessage(user), permissions: [...permissionsOf(user)] };
    },

    async ensureAdministrator({ email, userId }) {
      return toUserMessage(await users.ensureAdministrator({ id: userId, email, displayName: '', roles: ['member', 'admin'] }));
    },
  };

  async function getUser(id: string): Promise<User> {
    const user = await users.findById(id);
    if (!user) throw userNotFound();
    return user;
  }
}

/** Whose request ids these are. */
function toKey(call: RpcCall): string {
  const principal = principalOf(call);
  return principal.kind === 'user' ? `user:${principal.id}` : principal.kind === 'service' ? `service:${principal.name}` : '';
}
