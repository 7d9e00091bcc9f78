import { cursorExpired, type UserServiceDefinition } from '@gatehouse/contracts/user';
import type { RpcService } from '@gatehouse/rpc';

/** The method of UserService that tells of changes. */
export const createStreams = (): Pick<RpcService<UserServiceDefinition>, 'watchUserChanges'> => ({
  async *watchUserChanges() {
    throw cursorExpired();
  },
});
