import { cursorExpired, type UserServiceDefinition } from '@gatehouse/contracts/user';
import type { RpcService } from '@gatehouse/rpc';

/** The methods of UserService that are streams. */
export const createStreams = (): Pick<RpcService<UserServiceDefinition>, 'importUsers' | 'exportUsers'> => ({
  async *importUsers() {
    throw cursorExpired();
  },
  async *exportUsers() {
    throw cursorExpired();
  },
});
