import type { Queryable } from '@gatehouse/postgres';

/** A sign-up on its way. */
export interface PendingSignUp {
  readonly userId: string;
  readonly email: string;
  readonly displayName: string;
  readonly passwordHash: string;
  readonly attemptId: string;
}

interface PendingSignUpRow {
  user_id: string;
  email: string;
  display_name: string;
  password_hash: string;
  attempt_id: string;
}

const columns = 'user_id, email, display_name, password_hash, attempt_id';
const toPending = (row: PendingSignUpRow): PendingSignUp => ({
  userId: row.user_id,
  email: row.email,
  displayName: row.display_name,
  passwordHash: row.password_hash,
  attemptId: row.attempt_id,
});

/**
 * Notes a sign-up, or makes the one that is pending for this email the attempt's own: with its password, but with the id,
 * spelling and name of the first, which `user` may know already.
 */
export async function beginSignUp(db: Queryable, attempt: PendingSignUp): Promise<PendingSignUp> {
  const [row] = await db.query<PendingSignUpRow>({
    name: 'begin-sign-up',
    text: `insert into pending_sign_ups (${columns}) values ($1, $2, $3, $4, $5)
           on conflict (lower(email collate "C")) do update
             set password_hash = excluded.password_hash, attempt_id = excluded.attempt_id, update_time = now()
           returning ${columns}`,
    values: [attempt.userId, attempt.email, attempt.displayName, attempt.passwordHash, attempt.attemptId],
  });
  return toPending(row!);
}

/** Takes the pending sign-up away; false when it is another attempt's by now, or gone. */
export async function endSignUp(db: Queryable, { userId, attemptId }: Pick<PendingSignUp, 'userId' | 'attemptId'>): Promise<boolean> {
  const rows = await db.query({
    name: 'end-sign-up',
    text: 'delete from pending_sign_ups where user_id = $1 and attempt_id = $2 returning user_id',
    values: [userId, attemptId],
  });
  return rows.length === 1;
}

/** Takes away what is pending for a person, or for an email. */
export async function dropSignUp(db: Queryable, userId: string, email: string): Promise<void> {
  await db.query({
    name: 'drop-sign-up',
    text: 'delete from pending_sign_ups where user_id = $1 or lower(email collate "C") = lower($2 collate "C")',
    values: [userId, email],
  });
}

/**
 * Takes up sign-ups that nobody has touched for longer than any call takes. That makes them young again: no other process
 * takes them up, and one that cannot be decided now has its next turn later.
 */
export async function takeAbandonedSignUps(db: Queryable, olderThanMs: number): Promise<readonly PendingSignUp[]> {
  const rows = await db.query<PendingSignUpRow>({
    name: 'take-abandoned-sign-ups',
    text: `update pending_sign_ups set update_time = now() where user_id in (
             select user_id from pending_sign_ups where update_time < now() - $1 * interval '1 millisecond'
             order by update_time limit 100 for update skip locked)
           returning ${columns}`,
    values: [olderThanMs],
  });
  return rows.map(toPending);
}
