import type { Database, Queryable } from '@gatehouse/postgres';

/** People who are removed in one transaction. */
const batchSize = 500;

/**
 * Removes who was deleted and whose time to be purged has come, a batch a transaction, until there are none or `signal` aborts.
 * Several processes may do it at once: what one has in hand, the others pass over.
 */
export async function purgeUsers(database: Pick<Database, 'transaction'>, signal?: AbortSignal): Promise<void> {
  let purged: readonly string[] = [];
  do purged = await database.transaction((tx) => purgeSome(tx));
  while (purged.length === batchSize && !signal?.aborted);
}

/** Gives the ids of who was removed. */
async function purgeSome(tx: Queryable): Promise<readonly string[]> {
  const rows = await tx.query<{ id: string }>({
    name: 'purge-users',
    text: `delete from users where id in
             (select id from users where purge_time <= now() order by purge_time limit ${batchSize} for update skip locked)
           returning id`,
  });
  return rows.map(({ id }) => id);
}
