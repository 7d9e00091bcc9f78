import type { Queryable } from '@gatehouse/postgres';

/** The hashes of the last passwords that a person had before the present one, the last first. */
export async function findRetiredHashes(db: Queryable, userId: string, limit: number): Promise<readonly string[]> {
  const rows = await db.query<{ password_hash: string }>({
    name: 'find-retired-password-hashes',
    text: 'select password_hash from password_history where user_id = $1 order by id desc limit $2',
    values: [userId, limit],
  });
  return rows.map(({ password_hash: hash }) => hash);
}

/** Keeps a hash that is replaced in the same transaction, and the last `keep` alone. */
export async function retireHash(tx: Queryable, userId: string, passwordHash: string, keep: number): Promise<void> {
  await tx.query({
    name: 'retire-password-hash',
    text: 'insert into password_history (user_id, password_hash) values ($1, $2)',
    values: [userId, passwordHash],
  });
  await tx.query({
    name: 'prune-password-history',
    text: `delete from password_history
           where user_id = $1 and id not in (select id from password_history where user_id = $1 order by id desc limit $2)`,
    values: [userId, keep],
  });
}
