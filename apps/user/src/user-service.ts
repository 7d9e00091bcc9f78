import { toPrincipalName } from '@gatehouse/access';
import { descriptorSet, UserServiceDefinition } from '@gatehouse/contracts/user';
import { createWrites, type Idempotency } from '@gatehouse/idempotency';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { createInternalMethods } from './internal-methods';
import { createReads } from './read-users';
import { createStatusMethods } from './user-status';
import { createStreams } from './user-streams';
import { createProfileMethods } from './user-profile';

export interface UserServiceOptions {
  database: Database;
  idempotency: Idempotency;
  /** How long people who were deleted are kept. Milliseconds. */
  retentionMs: number;
  /** ImportUsers and ExportUsers, which hold connections of their own. */
  bulk: Pick<RpcService<UserServiceDefinition>, 'importUsers' | 'exportUsers'>;
}

/** UserService: who people are. */
export function createUserService({ database, idempotency, retentionMs, bulk }: UserServiceOptions): RpcService<UserServiceDefinition> {
  const write = createWrites({ database, idempotency, definition: UserServiceDefinition, descriptorSet, toPrincipal: toPrincipalName });
  return {
    ...createReads(database),
    ...createProfileMethods(write),
    ...createStatusMethods(write, retentionMs),
    ...createStreams(),
    ...bulk,
    ...createInternalMethods(database, write),
  };
}
