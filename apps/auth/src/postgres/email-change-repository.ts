import type { Queryable } from '@gatehouse/postgres';

/** A change of email that `user` was asked for, or is about to be. */
export interface BegunEmailChangeRow {
  /** Of the code that confirms it. */
  readonly codeId: string;
  readonly userId: string;
  /** The old email. */
  readonly sealed: Buffer;
}

/** Notes that a change begins, or begins once more; false when its code has ended. */
export async function beginEmailChange(db: Queryable, { codeId, userId, sealed }: BegunEmailChangeRow): Promise<boolean> {
  const rows = await db.query({
    name: 'begin-email-change',
    // who is using the code up is waited for
    text: `insert into begun_email_changes (code_id, user_id, sealed)
           select id, $2::uuid, $3::bytea from one_time_codes where id = $1 and end_time is null for share
           on conflict (code_id) do update set begin_time = now(), look_time = now() returning 1`,
    values: [codeId, userId, sealed],
  });
  return rows.length === 1;
}

/** The changes of a person that have begun, which nobody else ends until the transaction does. */
export function lockEmailChanges(tx: Queryable, userId: string): Promise<readonly BegunEmailChangeRow[]> {
  return tx.query<BegunEmailChangeRow>({
    name: 'lock-email-changes',
    text: 'select code_id as "codeId", user_id as "userId", sealed from begun_email_changes where user_id = $1 order by code_id for update',
    values: [userId],
  });
}

export async function endEmailChanges(tx: Queryable, codeIds: readonly string[]): Promise<void> {
  await tx.query({ name: 'end-email-changes', text: 'delete from begun_email_changes where code_id = any ($1::uuid[])', values: [codeIds] });
}

/** Forgets a change that was begun so long ago. */
export async function dropEmailChange(db: Queryable, codeId: string, olderThanMs: number): Promise<void> {
  await db.query({
    name: 'drop-email-change',
    text: `delete from begun_email_changes where code_id = $1 and begin_time < now() - $2 * interval '1 millisecond'`,
    values: [codeId, olderThanMs],
  });
}

/** Takes up changes that nobody has looked at for so long; no other process takes them up until that time has passed once more. */
export function takeBegunEmailChanges(db: Queryable, notSinceMs: number): Promise<readonly BegunEmailChangeRow[]> {
  return db.query<BegunEmailChangeRow>({
    name: 'take-begun-email-changes',
    text: `update begun_email_changes set look_time = now() where code_id in (
             select code_id from begun_email_changes where look_time < now() - $1 * interval '1 millisecond'
             order by look_time limit 20 for update skip locked)
           returning code_id as "codeId", user_id as "userId", sealed`,
    values: [notSinceMs],
  });
}
