import type { Queryable } from '@gatehouse/postgres';

/** Gives a person these codes in the place of all that they had. */
export async function replaceRecoveryCodes(tx: Queryable, userId: string, hashes: readonly Buffer[]): Promise<void> {
  await deleteRecoveryCodes(tx, userId);
  await tx.query({
    name: 'insert-recovery-codes',
    text: 'insert into recovery_codes (user_id, code_hash) select $1, unnest($2::bytea[])',
    values: [userId, hashes],
  });
}

/** Takes a code away; false when the person has none like it any more. Of several at once one takes it. */
export async function takeRecoveryCode(tx: Queryable, userId: string, hash: Buffer): Promise<boolean> {
  const rows = await tx.query({
    name: 'take-recovery-code',
    text: 'delete from recovery_codes where user_id = $1 and code_hash = $2 returning 1',
    values: [userId, hash],
  });
  return rows.length === 1;
}

export async function countRecoveryCodes(db: Queryable, userId: string): Promise<number> {
  const [row] = await db.query<{ count: number }>({
    name: 'count-recovery-codes',
    text: 'select count(*)::int as count from recovery_codes where user_id = $1',
    values: [userId],
  });
  return row!.count;
}

export async function deleteRecoveryCodes(tx: Queryable, userId: string): Promise<void> {
  await tx.query({ name: 'delete-recovery-codes', text: 'delete from recovery_codes where user_id = $1', values: [userId] });
}
