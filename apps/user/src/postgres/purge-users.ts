import type { Database, Queryable } from '@gatehouse/postgres';
import { appendUserChanges } from '../user-events';

/** People who are removed in one transaction. */
const batchSize = 500;

/**
 * Removes who was deleted and whose time to be purged has come, a batch a transaction, until there are none or `signal` aborts.
 * Several processes may do it at once: what one has in hand, the others pass over.
 */
export async function purgeUsers(database: Pick<Database, 'transaction'>, signal?: AbortSignal): Promise<void> {
  let purged = 0;
  do purged = await database.transaction((tx) => purgeSome(tx));
  while (purged === batchSize && !signal?.aborted);
}

/** Removes a person now, which followers are told. */
export async function deleteUser(tx: Queryable, id: string): Promise<void> {
  await tell(
    tx,
    await tx.query<PurgedRow>({
      name: 'delete-user',
      text: 'delete from users where id = $1 returning id, revision + 1 as revision, now() as time',
      values: [id],
    }),
  );
}

interface PurgedRow {
  readonly id: string;
  readonly revision: string;
  readonly time: Date;
}

/** Gives how many were removed, which followers are told. */
async function purgeSome(tx: Queryable): Promise<number> {
  const rows = await tx.query<PurgedRow>({
    name: 'purge-users',
    text: `delete from users where id in
             (select id from users where purge_time <= now() order by purge_time limit ${batchSize} for update skip locked)
           returning id, revision + 1 as revision, purge_time as time`,
  });
  await tell(tx, rows);
  return rows.length;
}

const tell = (tx: Queryable, rows: readonly PurgedRow[]): Promise<void> =>
  appendUserChanges(
    tx,
    rows.map(({ id, revision, time: updateTime }) => ({ happening: 'purged', user: { id, revision: Number(revision), status: 'deleted', updateTime } })),
  );
