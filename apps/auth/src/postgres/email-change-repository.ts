import type { Queryable } from '@gatehouse/postgres';

/** A change of email that `user` was asked for, or is about to be. */
export interface BegunEmailChangeRow {
  /** Of the code that confirms it. */
  readonly codeId: string;
  readonly userId: string;
  /** The old email. */
  readonly sealed: Buffer;
}

/** Notes that a change begins, or begins once more. */
export async function beginEmailChange(db: Queryable, { codeId, userId, sealed }: BegunEmailChangeRow): Promise<void> {
  await db.query({
    name: 'begin-email-change',
    text: `insert into begun_email_changes (code_id, user_id, sealed) values ($1, $2, $3)
           on conflict (code_id) do update set begin_time = now(), look_time = now()`,
    values: [codeId, userId, sealed],
  });
}

/** False when it was ended meanwhile. */
export async function endEmailChange(tx: Queryable, codeId: string): Promise<boolean> {
  const rows = await tx.query({ name: 'end-email-change', text: 'delete from begun_email_changes where code_id = $1 returning 1', values: [codeId] });
  return rows.length === 1;
}

/** Forgets a change that `user` has not done, once it is older than any call takes. */
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
