import { lastAdministrator, type UserServiceDefinition } from '@gatehouse/contracts/user';
import type { Idempotency } from '@gatehouse/idempotency';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { notFound, requirePowerOver } from './change-user';
import { deleteUser } from './postgres/purge-users';
import { createUserRepository } from './postgres/user-repository';
import { isAdministrator } from './user';
import { toUserId } from '@gatehouse/access';

/** Removes a person for good, without waiting for the time in which the deleted can come back. */
export function createEraseUser(database: Database, idempotency: Idempotency): Pick<RpcService<UserServiceDefinition>, 'eraseUser'> {
  return {
    eraseUser: (request, call) =>
      database.transaction(async (tx) => {
        const id = toUserId(request.id, call);
        const users = createUserRepository(tx);
        const user = await users.lock(id);
        if (!user) throw notFound(id);
        await requirePowerOver(tx, user, call);
        if (isAdministrator(user) && !(await users.hasOtherAdministrator(id))) throw lastAdministrator();
        await deleteUser(tx, id);
        await idempotency.forget(tx, id);
        return {};
      }),
  };
}
