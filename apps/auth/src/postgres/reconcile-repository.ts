import type { Queryable } from '@gatehouse/postgres';
import { deleteFactors } from './factor-repository';
import { deleteLoginTokensOf } from './login-token-repository';
import { deleteRecoveryCodes } from './recovery-code-repository';

const batchSize = 1_000;

interface Ended {
  /** Where the next batch begins; null after the last one. */
  readonly last: string | null;
  readonly count: number;
}

/** Ends the open sessions of a batch that begins after an id; with `isDry` it counts them alone. */
export async function endSessionsAfter(db: Queryable, afterId: string, isDry: boolean): Promise<Ended> {
  const batch = `with batch as materialized (
      select id, revoke_time is null and expire_time > now() as is_open from sessions where id > $1 order by id limit ${batchSize}),`;
  const ended = isDry
    ? 'ended as (select 1 from batch where is_open)'
    : 'ended as (update sessions set revoke_time = now() from batch where sessions.id = batch.id and is_open and revoke_time is null returning 1)';
  const [row] = await db.query<Ended>({
    name: isDry ? 'count-open-sessions' : 'end-open-sessions',
    text: `${batch} ${ended} select (select id from batch order by id desc limit 1) as last, (select count(*)::int from ended) as count`,
    values: [afterId],
  });
  return row!;
}

/** Drops every sign-up that is pending; with `isDry` it counts them alone. */
export async function dropSignUps(db: Queryable, isDry: boolean): Promise<number> {
  const rows = await db.query<{ count: number }>(
    isDry
      ? { name: 'count-sign-ups', text: 'select count(*)::int as count from pending_sign_ups' }
      : { name: 'drop-sign-ups', text: 'with dropped as (delete from pending_sign_ups returning 1) select count(*)::int as count from dropped' },
  );
  return rows[0]!.count;
}

/** Ends every code that was mailed or is to be, and what waits for one or to be mailed: which were used since, nobody knows. With `isDry` it counts the codes alone. */
export async function endCodes(db: Queryable, isDry: boolean): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    isDry
      ? { name: 'count-live-codes', text: 'select count(*)::int as count from one_time_codes where end_time is null and expire_time > now()' }
      : {
          name: 'end-live-codes',
          text: `with half as (delete from login_tokens),
                   unsent as (update mails set state = 'failed', end_time = now(), sealed = null, last_error = 'expired' where state = 'queued'),
                   ended as (
                     update one_time_codes set end_time = now(), sealed = null, mail_time = null where end_time is null returning expire_time)
                 select (count(*) filter (where expire_time > now()))::int as count from ended`,
        },
  );
  return row!.count;
}

/** Those of the people who have no password; who is signing up is passed over, unless `isPendingNothing`. */
export async function findWithoutPassword(db: Queryable, userIds: readonly string[], isPendingNothing: boolean): Promise<readonly string[]> {
  const rows = await db.query<{ id: string }>({
    name: 'find-people-without-password',
    text: `select id from unnest($1::uuid[]) as id
           where not exists (select from credentials where user_id = id)
             and ($2 or not exists (select from pending_sign_ups where user_id = id))`,
    values: [userIds, isPendingNothing],
  });
  return rows.map(({ id }) => id);
}

/** The first whose passwords are kept after one id, up to another if there is one, without those who are known. In the order of ids. */
export async function findOthers(db: Queryable, range: { after: string; upTo: string | null }, known: readonly string[]): Promise<readonly string[]> {
  const rows = await db.query<{ user_id: string }>({
    name: 'find-credentials-of-others',
    text: `select user_id from credentials
           where user_id > $1 and ($2::uuid is null or user_id <= $2) and user_id <> all ($3::uuid[])
           order by user_id limit ${batchSize}`,
    values: [range.after, range.upTo, known],
  });
  return rows.map(({ user_id }) => user_id);
}

export async function countCredentials(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>({ name: 'count-credentials', text: 'select count(*)::int as count from credentials' });
  return row!.count;
}

/** Takes a person's factors away, and logins that wait for them. */
export async function deleteFactorsOf(tx: Queryable, userId: string): Promise<void> {
  // in the order of who completes a login
  await deleteLoginTokensOf(tx, [userId]);
  await deleteFactors(tx, userId);
  await deleteRecoveryCodes(tx, userId);
}

/** Takes a person's password away; false where there was none. */
export async function deletePasswordHash(db: Queryable, userId: string): Promise<boolean> {
  const rows = await db.query({ name: 'delete-password-hash', text: 'delete from credentials where user_id = $1 returning 1', values: [userId] });
  return rows.length > 0;
}
