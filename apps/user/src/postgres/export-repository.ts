import { cursorExpired } from '@gatehouse/contracts/user';
import { type Database, findSqlState, type Queryable } from '@gatehouse/postgres';
import type { User } from '../user';
import { toUser, userColumns, type UserRow } from './user-row';

/** Lets other transactions see what this one sees, as long as it is open; gives the id of that. */
export const exportSnapshot = async (tx: Queryable): Promise<string> =>
  (await tx.query<{ id: string }>({ name: 'export-snapshot', text: 'select pg_export_snapshot() as id' }))[0]!.id;

/** Runs what uses a snapshot. @throws cursorExpired when its transaction has ended */
export async function requireSnapshot<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // invalid_parameter_value, undefined_object: PostgreSQL has no such snapshot
    throw ['22023', '42704'].includes(findSqlState(error) ?? '') ? cursorExpired({ cause: error }) : error;
  }
}

/** At most `limit` people after an id, in the order of ids, as they were at a snapshot. @throws cursorExpired when it is gone */
export function readAtSnapshot(
  database: Database,
  { snapshot, lastId, showDeleted, limit }: { snapshot: string; lastId: string; showDeleted: boolean; limit: number },
): Promise<readonly User[]> {
  const read = async (tx: Queryable) =>
    (
      await tx.query<UserRow>({
        name: 'export-users',
        text: `select ${userColumns} from users where id > $1 and ($2 or delete_time is null) order by id limit $3`,
        values: [lastId, showDeleted, limit],
      })
    ).map(toUser);
  return requireSnapshot(() => database.transaction(read, { isolation: 'repeatable read', isReadOnly: true, snapshot }));
}
