import type { Queryable } from '@gatehouse/postgres';

/** A refresh token as the database knows it, together with its session. */
export interface PresentedToken {
  readonly sessionId: string;
  readonly userId: string;
  /** The session was neither revoked nor is it over. */
  readonly isSessionAlive: boolean;
  readonly isExpired: boolean;
  readonly isUsed: boolean;
  /** It was used, so short a time ago that its successor is given again. */
  readonly isInReplayWindow: boolean;
  readonly sealedSuccessor: Buffer | null;
}

export interface NewSession {
  readonly id: string;
  readonly userId: string;
  /** Of the person, as `user` told of them when they were let in. */
  readonly personRevision: bigint;
  readonly lifetimeSeconds: number;
}

/** Adds a session; false where one of this revision would have ended already. */
export async function insertSession(db: Queryable, { id, userId, personRevision, lifetimeSeconds }: NewSession): Promise<boolean> {
  const rows = await db.query({
    name: 'insert-session',
    text: `insert into sessions (id, user_id, person_revision, expire_time)
           select $1::uuid, $2::uuid, $3::bigint, now() + $4 * interval '1 second'
           where not exists (select from known_people where user_id = $2::uuid and ended_revision > $3::bigint)
           returning 1`,
    values: [id, userId, personRevision.toString(), lifetimeSeconds],
  });
  return rows.length === 1;
}

/** Adds a token to a session; it does not outlive the session. */
export async function insertRefreshToken(db: Queryable, token: { hash: Buffer; sessionId: string; lifetimeSeconds: number }): Promise<void> {
  await db.query({
    name: 'insert-refresh-token',
    text: `insert into refresh_tokens (token_hash, session_id, expire_time)
           select $1, id, least(now() + $3 * interval '1 second', expire_time) from sessions where id = $2`,
    values: [token.hash, token.sessionId, token.lifetimeSeconds],
  });
}

// clock_timestamp, since a transaction's now() stands still while it waits for the lock
const presented = `
  select s.id as "sessionId", s.user_id as "userId",
    s.revoke_time is null and s.expire_time > clock_timestamp() as "isSessionAlive",
    t.expire_time <= clock_timestamp() as "isExpired",
    t.use_time is not null as "isUsed",
    coalesce(t.use_time > clock_timestamp() - $2 * interval '1 second', false) as "isInReplayWindow",
    t.sealed_successor as "sealedSuccessor"
  from refresh_tokens t join sessions s on s.id = t.session_id
  where t.token_hash = $1`;

export async function findPresentedToken(db: Queryable, hash: Buffer, replaySeconds: number): Promise<PresentedToken | undefined> {
  const [row] = await db.query<PresentedToken>({ name: 'find-presented-token', text: presented, values: [hash, replaySeconds] });
  return row;
}

/** The same, locked until the transaction ends: of those who present one token at once, each waits for the one before. */
export async function lockPresentedToken(tx: Queryable, hash: Buffer, replaySeconds: number): Promise<PresentedToken | undefined> {
  const [row] = await tx.query<PresentedToken>({ name: 'lock-presented-token', text: `${presented} for update`, values: [hash, replaySeconds] });
  return row;
}

export async function markUsed(tx: Queryable, hash: Buffer, sealedSuccessor: Buffer): Promise<void> {
  await tx.query({
    name: 'mark-refresh-token-used',
    text: 'update refresh_tokens set use_time = clock_timestamp(), sealed_successor = $2 where token_hash = $1',
    values: [hash, sealedSuccessor],
  });
}

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

export async function revokeSessionsOf(db: Queryable, userId: string): Promise<void> {
  await db.query({
    name: 'revoke-sessions-of-user',
    text: 'update sessions set revoke_time = now() where user_id = $1 and revoke_time is null',
    values: [userId],
  });
}

export async function eraseSealedSuccessors(db: Queryable, replaySeconds: number): Promise<void> {
  await db.query({
    name: 'erase-sealed-successors',
    text: `update refresh_tokens set sealed_successor = null
           where sealed_successor is not null and use_time < clock_timestamp() - $1 * interval '1 second'`,
    values: [replaySeconds],
  });
}

const batchSize = 1_000;

/** Removes some tokens that expired, used or not; gives whether there may be more. Nobody waits for it, nor it for anybody. */
export async function deleteExpiredTokens(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ count: number }>({
    name: 'delete-expired-refresh-tokens',
    text: `with expired as materialized (
             select token_hash from refresh_tokens where expire_time < now() order by expire_time limit ${batchSize} for update skip locked),
           deleted as (delete from refresh_tokens using expired where refresh_tokens.token_hash = expired.token_hash returning 1)
           select count(*)::int as count from deleted`,
  });
  return row!.count === batchSize;
}

/** Removes some sessions that ended more than a day ago, with their tokens; gives whether there may be more. */
export async function deleteOldSessions(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ count: number }>({
    name: 'delete-old-sessions',
    text: `with old as materialized (
             select id from sessions where expire_time < now() - interval '1 day' order by expire_time limit ${batchSize} for update skip locked),
           deleted as (delete from sessions using old where sessions.id = old.id returning 1)
           select count(*)::int as count from deleted`,
  });
  return row!.count === batchSize;
}
