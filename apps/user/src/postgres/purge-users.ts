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

/** Gives how many were removed, which followers are told. */
async function purgeSome(tx: Queryable): Promise<number> {
  const rows = await tx.query<{ id: string; revision: string; purge_time: Date }>({
    name: 'purge-users',
    text: `delete from users where id in
             (select id from users where purge_time <= now() order by purge_time limit ${batchSize} for update skip locked)
           returning id, revision + 1 as revision, purge_time`,
  });
  await appendUserChanges(
    tx,
    rows.map(({ id, revision, purge_time: updateTime }) => ({ happening: 'purged', user: { id, revision: Number(revision), status: 'deleted', updateTime } })),
  );
  return rows.length;
}
