import { externalIdUnknown, pageTokenInvalid, type UserServiceDefinition } from '@gatehouse/contracts/user';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { notFound } from './change-user';
import { readPageToken, toPageSize, toPageToken } from './page-token';
import { createUserRepository } from './postgres/user-repository';
import { toUserMessage } from './user-message';
import { mayReadPrivateMetadata, toUserId } from './whose';

type Reads = Pick<RpcService<UserServiceDefinition>, 'getUser' | 'batchGetUsers' | 'getUserByExternalId' | 'listUsers' | 'searchUsers'>;

/** The methods of UserService that read people. */
export function createReads(database: Database): Reads {
  const users = createUserRepository(database);
  return {
    async getUser(request, call) {
      const id = toUserId(request.id, call);
      const user = await users.findById(id);
      if (!user) throw notFound(id);
      return toUserMessage(user, mayReadPrivateMetadata(call));
    },

    async batchGetUsers({ ids, allowMissing }, call) {
      const found = new Map((await users.findByIds(ids)).map((user) => [user.id, user]));
      const missing = ids.find((id) => !found.has(id));
      if (missing && !allowMissing) throw notFound(missing);
      return { users: [...new Set(ids)].flatMap((id) => found.get(id) ?? []).map((user) => toUserMessage(user, mayReadPrivateMetadata(call))) };
    },

    async getUserByExternalId({ provider, id }, call) {
      const user = await users.findByExternalId(provider, id);
      if (!user) throw externalIdUnknown();
      return toUserMessage(user, mayReadPrivateMetadata(call));
    },

    async listUsers({ pageSize, pageToken }, call) {
      const size = toPageSize(pageSize);
      // one more than asked for tells whether there is a next page
      const found = await users.list(size + 1, readPageToken(pageToken));
      const page = found.slice(0, size);
      return {
        users: page.map((user) => toUserMessage(user, mayReadPrivateMetadata(call))),
        nextPageToken: found.length > size ? toPageToken(page.at(-1)!.id) : '',
        estimatedTotalSize: 0,
      };
    },

    async searchUsers() {
      throw pageTokenInvalid();
    },
  };
}
