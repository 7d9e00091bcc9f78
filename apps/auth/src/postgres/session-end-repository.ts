import type { Queryable, Transaction } from '@gatehouse/postgres';
import { deleteLoginTokensOf } from './login-token-repository';

export async function revokeSession(db: Queryable, id: string): Promise<void> {
  await db.query({ name: 'revoke-session', text: 'update sessions set revoke_time = now() where id = $1 and revoke_time is null', values: [id] });
}

export async function revokeSessionOfToken(db: Queryable, hash: Buffer): Promise<void> {
  await db.query({
    name: 'revoke-session-of-token',
    text: `update sessions set revoke_time = now()
           where revoke_time is null and id = (select session_id from refresh_tokens where token_hash = $1)`,
    values: [hash],
  });
}

/** Ends one of a person's sessions, which may be over already. */
export async function revokeSessionOf(db: Queryable, userId: string, id: string): Promise<'revoked' | 'over' | 'unknown'> {
  const [row] = await db.query<{ outcome: 'revoked' | 'over' | 'unknown' }>({
    name: 'revoke-session-of-user',
    text: `with revoked as (
             update sessions set revoke_time = now() where id = $2 and user_id = $1 and revoke_time is null and expire_time > now() returning 1)
           select case when exists (select from revoked) then 'revoked'
                       when exists (select from sessions where id = $2 and user_id = $1) then 'over' else 'unknown' end as outcome`,
    values: [userId, id],
  });
  return row!.outcome;
}

/** Ends the sessions of a person, all of them or all but one, and the logins that wait for a code; gives how many sessions went on until now. */
export async function revokeSessionsOf(tx: Transaction, userId: string, exceptId?: string): Promise<number> {
  // First: who completes one of them is waited for, and the statement after it sees the session that they opened.
  await deleteLoginTokensOf(tx, [userId]);
  const [row] = await tx.query<{ count: number }>({
    name: 'revoke-sessions-of-user',
    text: `with revoked as (
             update sessions set revoke_time = now() where user_id = $1 and revoke_time is null and id is distinct from $2::uuid returning expire_time)
           select (count(*) filter (where expire_time > now()))::int as count from revoked`,
    values: [userId, exceptId ?? null],
  });
  return row!.count;
}
