import { toUserId } from '@gatehouse/access';
import { externalIdUnknown, type UserServiceDefinition } from '@gatehouse/contracts/user';
import type { RpcService } from '@gatehouse/rpc';
import { notFound } from './change-user';
import type { UserLoader } from './postgres/user-loader';
import { toUserMessage } from './user-message';
import { mayReadPrivateMetadata } from './whose';

type Reads = Pick<RpcService<UserServiceDefinition>, 'getUser' | 'batchGetUsers' | 'getUserByExternalId'>;

/** The methods of UserService that read people by what names them. */
export function createReads(loader: UserLoader): Reads {
  return {
    async getUser(request, call) {
      const id = toUserId(request.id, call);
      const user = await loader.findById(id);
      if (!user) throw notFound(id);
      return toUserMessage(user, mayReadPrivateMetadata(call));
    },

    async batchGetUsers(request, call) {
      const ids = [...new Set(request.ids)];
      const found = await Promise.all(ids.map((id) => loader.findById(id)));
      const missing = ids.find((_, index) => !found[index]);
      if (missing && !request.allowMissing) throw notFound(missing);
      return { users: found.flatMap((user) => (user ? [toUserMessage(user, mayReadPrivateMetadata(call))] : [])) };
    },

    async getUserByExternalId({ provider, id }, call) {
      const user = await loader.findByExternalId(provider, id);
      if (!user) throw externalIdUnknown();
      return toUserMessage(user, mayReadPrivateMetadata(call));
    },
  };
}
