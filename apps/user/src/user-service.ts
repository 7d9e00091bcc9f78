import { toPrincipalName } from '@gatehouse/access';
import { descriptorSet, UserServiceDefinition } from '@gatehouse/contracts/user';
import { createWrites, type Idempotency } from '@gatehouse/idempotency';
import type { RpcService } from '@gatehouse/rpc';
import { createEraseUser } from './erase-user';
import { createInternalMethods } from './internal-methods';
import { createLists } from './list-users';
import { createUserLoader } from './postgres/user-loader';
import { createReads } from './read-users';
import { createStatusMethods } from './user-status';
import { createWatch, type WatchOptions } from './watch-changes';
import { createProfileMethods } from './user-profile';

export interface UserServiceOptions extends WatchOptions {
  idempotency: Idempotency;
  /** How long people who were deleted are kept. Milliseconds. */
  retentionMs: number;
  /** 32 bytes, the same in all replicas: page tokens are sealed under a key of it. */
  secret: Uint8Array;
  /** ImportUsers and ExportUsers, which hold connections of their own. */
  bulk: Pick<RpcService<UserServiceDefinition>, 'importUsers' | 'exportUsers'>;
}

/** UserService: who people are. */
export function createUserService({ database, idempotency, retentionMs, secret, bulk, ...feed }: UserServiceOptions): RpcService<UserServiceDefinition> {
  const write = createWrites({ database, idempotency, definition: UserServiceDefinition, descriptorSet, toPrincipal: toPrincipalName });
  const loader = createUserLoader(database);
  return {
    ...createReads(loader),
    ...createLists({ database, secret }),
    ...createProfileMethods(write),
    ...createStatusMethods(write, retentionMs),
    ...bulk,
    ...createWatch({ database, ...feed }),
    ...createInternalMethods(database, loader, write),
    ...createEraseUser(database, idempotency),
  };
}
