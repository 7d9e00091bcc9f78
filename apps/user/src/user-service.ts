import { toPrincipalName } from '@gatehouse/access';
import { descriptorSet, UserServiceDefinition } from '@gatehouse/contracts/user';
import { createWrites, type Idempotency } from '@gatehouse/idempotency';
import type { RpcService } from '@gatehouse/rpc';
import { createInternalMethods } from './internal-methods';
import { createReads } from './read-users';
import { createStatusMethods } from './user-status';
import { createStreams } from './user-streams';
import { createWatch, type WatchOptions } from './watch-changes';
import { createProfileMethods } from './user-profile';

export interface UserServiceOptions extends WatchOptions {
  idempotency: Idempotency;
  /** How long people who were deleted are kept. Milliseconds. */
  retentionMs: number;
}

/** UserService: who people are. */
export function createUserService({ database, idempotency, retentionMs, ...feed }: UserServiceOptions): RpcService<UserServiceDefinition> {
  const write = createWrites({ database, idempotency, definition: UserServiceDefinition, descriptorSet, toPrincipal: toPrincipalName });
  return {
    ...createReads(database),
    ...createProfileMethods(write),
    ...createStatusMethods(write, retentionMs),
    ...createStreams(),
    ...createWatch({ database, ...feed }),
    ...createInternalMethods(database, write),
  };
}
