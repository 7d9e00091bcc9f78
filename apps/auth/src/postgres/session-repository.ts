import type { Queryable } from '@gatehouse/postgres';
import type { AuthenticationMethod, Entry, Proof } from '../sessions/entry';

// Whatever sets revoke_time, or removes a session that is open, tells all who verify tokens: a trigger does (0017_tell_revocations.sql).

/** What the access tokens of a session are bound by. */
export interface SessionTerms {
  readonly proof: Proof;
  /** When it ends, however much it is used. */
  readonly endTime: Date;
}

/** A refresh token as the database knows it, together with its session. */
export interface PresentedToken extends SessionTerms {
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
  readonly entry: Entry;
  readonly lifetimeSeconds: number;
  readonly refreshToken: NewRefreshToken;
  /** It is not added where the person has a second factor that counts. */
  readonly isUnlessFactor: boolean;
}

export interface NewRefreshToken {
  readonly hash: Buffer;
  /** If its session does not end before. */
  readonly lifetimeSeconds: number;
}

type TermsRow = Proof & Pick<SessionTerms, 'endTime'>;
const terms = `auth_time as "authTime", auth_methods as methods, expire_time as "endTime"`;
const toTerms = ({ authTime, methods, endTime }: TermsRow): SessionTerms => ({ proof: { authTime, methods }, endTime });

// of a row of `sessions`: no token outlives its session
const tokenEnd = (seconds: string) => `least(now() + ${seconds} * interval '1 second', expire_time)`;

/** A session as it was added. */
export interface AddedSession extends SessionTerms {
  /** There were sessions of the person, and still are. */
  readonly isLater: boolean;
  /** One of them was used within a day from the same address, by a program that calls itself the same. */
  readonly isAlike: boolean;
}

/** Adds a session with its first token, unless one of this revision would have ended already. What was before is not looked at for a device that is known. */
export async function insertSession(
  tx: Queryable,
  { id, userId, personRevision, entry, lifetimeSeconds, refreshToken, isUnlessFactor }: NewSession,
): Promise<AddedSession | 'ended' | 'factor_missing'> {
  const [row] = await tx.query<Partial<TermsRow> & Pick<AddedSession, 'isLater' | 'isAlike'> & { isFactorMissing: boolean }>({
    name: 'insert-session',
    text: `with asked as materialized (
             select $12 and exists (select from factors where user_id = $2::uuid and confirm_time is not null) as "isFactorMissing"),
           added as (
             insert into sessions (id, user_id, person_revision, expire_time, device_id, client_address, user_agent, auth_methods)
             select $1::uuid, $2::uuid, $3::bigint, now() + $4 * interval '1 second', $5::uuid, $6, $7, $8::text[]
             from asked
             where not "isFactorMissing" and not exists (select from known_people where user_id = $2::uuid and ended_revision > $3::bigint)
             returning *),
           token as (
             insert into refresh_tokens (token_hash, session_id, expire_time)
             select $10::bytea, id, ${tokenEnd('$11')} from added)
           select "isFactorMissing", ${terms},
             not $9 and exists (select from sessions earlier where earlier.user_id = $2::uuid) as "isLater",
             not $9 and exists (
               select from sessions earlier
               where earlier.user_id = $2::uuid and earlier.last_used_time > now() - interval '1 day'
                 and earlier.client_address = $6 and earlier.user_agent = $7) as "isAlike"
           from asked left join added on true`,
    values: [
      id,
      userId,
      personRevision.toString(),
      lifetimeSeconds,
      entry.deviceId,
      entry.client.address,
      entry.client.userAgent,
      entry.methods,
      entry.isDeviceKnown,
      refreshToken.hash,
      refreshToken.lifetimeSeconds,
      isUnlessFactor,
    ],
  });
  const { isFactorMissing, isLater, isAlike, authTime, methods, endTime } = row!;
  if (isFactorMissing) return 'factor_missing';
  return authTime && methods && endTime ? { ...toTerms({ authTime, methods, endTime }), isLater, isAlike } : 'ended';
}

// clock_timestamp, since a transaction's now() stands still while it waits; of a row that was changed meanwhile it is read anew
const presented = `
  select s.id as "sessionId", s.user_id as "userId",
    s.revoke_time is null and s.expire_time > clock_timestamp() as "isSessionAlive",
    t.expire_time <= clock_timestamp() as "isExpired",
    t.use_time is not null as "isUsed",
    coalesce(t.use_time > clock_timestamp() - $2 * interval '1 second', false) as "isInReplayWindow",
    t.sealed_successor as "sealedSuccessor",
    s.auth_time as "authTime", s.auth_methods as "methods", s.expire_time as "endTime"
  from refresh_tokens t join sessions s on s.id = t.session_id
  where t.token_hash = $1`;

type PresentedRow = Omit<PresentedToken, 'proof'> & Proof;
const toPresented = ({ authTime, methods, ...token }: PresentedRow): PresentedToken => ({ ...token, proof: { authTime, methods } });

export async function findPresentedToken(db: Queryable, hash: Buffer, replaySeconds: number): Promise<PresentedToken | undefined> {
  const [row] = await db.query<PresentedRow>({ name: 'find-presented-token', text: presented, values: [hash, replaySeconds] });
  return row && toPresented(row);
}

/** The same, locked until the transaction ends: of those who present one token at once, each waits for the one before. */
export async function lockPresentedToken(tx: Queryable, hash: Buffer, replaySeconds: number): Promise<PresentedToken | undefined> {
  const [row] = await tx.query<PresentedRow>({ name: 'lock-presented-token', text: `${presented} for update`, values: [hash, replaySeconds] });
  return row && toPresented(row);
}

/** Puts a successor in the place of a token, and notes from where its session is used. The successor is sealed, for who presents the token again. */
export async function replaceRefreshToken(
  tx: Queryable,
  hash: Buffer,
  successor: NewRefreshToken & { readonly sealed: Buffer },
  { address, userAgent }: Entry['client'],
): Promise<void> {
  await tx.query({
    name: 'replace-refresh-token',
    text: `with used as (
             update refresh_tokens set use_time = clock_timestamp(), sealed_successor = $2 where token_hash = $1 returning session_id),
           session as (
             update sessions set last_used_time = clock_timestamp(), client_address = $5, user_agent = $6
             from used where id = session_id returning id, expire_time)
           insert into refresh_tokens (token_hash, session_id, expire_time) select $3, id, ${tokenEnd('$4')} from session`,
    values: [hash, successor.sealed, successor.hash, successor.lifetimeSeconds, address, userAgent],
  });
}

/** The device that a session was opened on, where it is known. */
export async function findDevice(db: Queryable, sessionId: string): Promise<string | undefined> {
  const [row] = await db.query<{ device_id: string | null }>({
    name: 'find-device-of-session',
    text: 'select device_id from sessions where id = $1',
    values: [sessionId],
  });
  return row?.device_id ?? undefined;
}

/** Notes that the person of a session has proved anew who they are, by what it was proved by before `also`, or by this `only`; undefined when it is over. */
export async function renewProof(
  tx: Queryable,
  { sessionId, userId }: { sessionId: string; userId: string },
  methods: { also: readonly AuthenticationMethod[] } | { only: readonly AuthenticationMethod[] },
): Promise<SessionTerms | undefined> {
  const isAlso = 'also' in methods;
  const [row] = await tx.query<TermsRow>({
    name: 'renew-proof-of-session',
    text: `update sessions
           set auth_time = now(),
               auth_methods = case when $4 then auth_methods || array(select unnest($3::text[]) except select unnest(auth_methods)) else $3::text[] end
           where id = $1 and user_id = $2 and revoke_time is null and expire_time > now()
           returning ${terms}`,
    values: [sessionId, userId, isAlso ? methods.also : methods.only, isAlso],
  });
  return row && toTerms(row);
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
