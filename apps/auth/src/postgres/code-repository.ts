import type { Queryable } from '@gatehouse/postgres';
import type { CodePurpose } from '../codes/one-time-code';

export interface NewCode {
  readonly id: string;
  readonly purpose: CodePurpose;
  readonly userId?: string;
  readonly emailHash: Buffer;
  readonly sealed: Buffer;
  readonly lifetimeSeconds: number;
}

/** A code that has not ended. */
export interface LiveCode {
  readonly id: string;
  readonly purpose: CodePurpose;
  readonly userId: string | null;
  readonly sealed: Buffer;
  readonly expireTime: Date;
}

/** How often the digits of one code may be wrong. */
const maxTries = 5;
/** How many new passwords may be refused of who presents one code: each could be a guess at the present one. */
const maxPasswordTries = 20;
const columns = 'id, purpose, user_id as "userId", sealed, expire_time as "expireTime"';
const isLive = 'end_time is null and expire_time > now()';
const ended = 'end_time = now(), sealed = null, mail_time = null';

/** Notes that a code is asked for, to be mailed soon; false when there is one with this id. */
export async function insertCode(db: Queryable, { id, purpose, userId, emailHash, sealed, lifetimeSeconds }: NewCode): Promise<boolean> {
  const rows = await db.query({
    name: 'insert-one-time-code',
    text: `insert into one_time_codes (id, purpose, user_id, email_hash, sealed, expire_time)
           values ($1, $2, $3, $4, $5, now() + $6 * interval '1 second') on conflict (id) do nothing returning 1`,
    values: [id, purpose, userId, emailHash, sealed, lifetimeSeconds],
  });
  return rows.length === 1;
}

/** Takes up codes that are to be mailed; nobody else takes them up for as long as the lease says. */
export function takeCodesToMail(db: Queryable, limit: number, leaseMs: number): Promise<readonly LiveCode[]> {
  return db.query<LiveCode>({
    name: 'take-codes-to-mail',
    text: `with taken as materialized (
             select id as taken_id from one_time_codes where mail_time <= now() and ${isLive} order by mail_time limit $1 for update skip locked)
           update one_time_codes set mail_time = now() + $2 * interval '1 millisecond' from taken where id = taken_id returning ${columns}`,
    values: [limit, leaseMs],
  });
}

export interface MintedCode {
  readonly id: string;
  readonly purpose: CodePurpose;
  readonly userId: string | null;
  readonly sealed: Buffer;
  readonly tokenHash: Buffer;
  readonly codeHash: Buffer;
  readonly lifetimeSeconds: number;
}

/** Gives a code its secrets, as it is mailed; false when another process has done it, or it has ended. */
export async function mintCode(tx: Queryable, { id, purpose, userId, sealed, tokenHash, codeHash, lifetimeSeconds }: MintedCode): Promise<boolean> {
  const rows = await tx.query({
    name: 'mint-one-time-code',
    text: `update one_time_codes set purpose = $2, user_id = coalesce($3, user_id), sealed = $4, token_hash = $5, code_hash = $6, mail_time = null,
             expire_time = now() + $7 * interval '1 second'
           where id = $1 and mail_time is not null and ${isLive} returning 1`,
    values: [id, purpose, userId, sealed, tokenHash, codeHash, lifetimeSeconds],
  });
  return rows.length === 1;
}

/** A person, or an email, whosever it is, by any of its hashes. */
export type CodeHolder =
  { readonly userId: string; readonly emailHashes?: undefined } | { readonly emailHashes: readonly Buffer[]; readonly userId?: undefined };

/** Keeps others from minting codes of a holder until the transaction ends: of two, one is the newer. */
export async function lockCodesOf(tx: Queryable, { userId, emailHashes }: CodeHolder): Promise<void> {
  const name = userId ?? emailHashes[0]!.toString('hex');
  await tx.query({ name: 'lock-one-time-codes', text: 'select pg_advisory_xact_lock(hashtextextended($1, 13))', values: [name] });
}

/** Ends the codes of a holder and a purpose that were mailed before this one. */
export async function endOlderCodes(tx: Queryable, { userId, emailHashes }: CodeHolder, { id, purpose }: Pick<LiveCode, 'id' | 'purpose'>): Promise<void> {
  await tx.query({
    name: 'end-older-one-time-codes',
    text: `update one_time_codes set ${ended}
           where (user_id = $1 or email_hash = any ($2::bytea[])) and purpose = $3 and id <> $4 and mail_time is null and end_time is null`,
    values: [userId, emailHashes, purpose, id],
  });
}

/** Ends the codes of a person, those of one purpose or all of them. */
export async function endCodesOf(tx: Queryable, userId: string, purpose?: CodePurpose): Promise<void> {
  await tx.query({
    name: 'end-one-time-codes-of-user',
    text: `update one_time_codes set ${ended} where user_id = $1 and end_time is null and ($2::text is null or purpose = $2)`,
    values: [userId, purpose],
  });
}

/** Ends the sign-ups with an email, which any of the hashes may stand for. */
export async function endSignUpCodes(tx: Queryable, emailHashes: readonly Buffer[]): Promise<void> {
  await tx.query({
    name: 'end-sign-up-codes',
    text: `update one_time_codes set ${ended} where email_hash = any ($1::bytea[]) and purpose = 'sign_up' and end_time is null`,
    values: [emailHashes],
  });
}

/** The sign-up with this id, and those with the email, that have not ended. */
export function findSignUps(db: Queryable, id: string, emailHashes: readonly Buffer[]): Promise<readonly LiveCode[]> {
  return db.query<LiveCode>({
    name: 'find-sign-up-codes',
    text: `select ${columns} from one_time_codes where (id = $1 or email_hash = any ($2::bytea[])) and purpose = 'sign_up' and ${isLive}`,
    values: [id, emailHashes],
  });
}

export async function findCode(db: Queryable, id: string): Promise<(Omit<LiveCode, 'sealed'> & { readonly sealed: Buffer | null }) | undefined> {
  const [row] = await db.query<LiveCode>({ name: 'find-one-time-code', text: `select ${columns} from one_time_codes where id = $1`, values: [id] });
  return row;
}

export async function findCodeByToken(db: Queryable, tokenHash: Buffer, purposes: readonly CodePurpose[]): Promise<LiveCode | undefined> {
  const [row] = await db.query<LiveCode>({
    name: 'find-one-time-code-by-token',
    text: `select ${columns} from one_time_codes where token_hash = $1 and purpose = any ($2::text[]) and ${isLive}`,
    values: [tokenHash, purposes],
  });
  return row;
}

/**
 * The code whose digits these are, by any of the hashes. Wrong ones count in the same statement: however many come at once, no more than so many are looked at.
 * They count for a code that has ended too: some end only where there is an account, and the time that a write takes would tell.
 */
export async function tryCode(db: Queryable, id: string, codeHashes: readonly Buffer[], purposes: readonly CodePurpose[]): Promise<LiveCode | undefined> {
  const [row] = await db.query<LiveCode & { isRight: boolean }>({
    name: 'try-one-time-code',
    text: `update one_time_codes set tries = tries + case when code_hash = any ($2::bytea[]) then 0 else 1 end
           where id = $1 and purpose = any ($3::text[]) and tries < ${maxTries}
           returning ${columns}, coalesce(code_hash = any ($2::bytea[]) and ${isLive}, false) as "isRight"`,
    values: [id, codeHashes, purposes],
  });
  return row?.isRight ? row : undefined;
}

/** Counts one more try; false when there were too many. */
export async function countTry(db: Queryable, id: string): Promise<boolean> {
  const rows = await db.query({
    name: 'count-try-of-one-time-code',
    text: `update one_time_codes set tries = tries + 1 where id = $1 and tries < ${maxTries} and ${isLive} returning 1`,
    values: [id],
  });
  return rows.length === 1;
}

/** Takes back a try that was counted, and of which nothing was judged. */
export async function takeBackTry(db: Queryable, id: string): Promise<void> {
  await db.query({ name: 'take-back-try-of-one-time-code', text: 'update one_time_codes set tries = tries - 1 where id = $1 and tries > 0', values: [id] });
}

/** Counts one more password that is asked to be set; false when there were too many. */
export async function countPasswordTry(db: Queryable, id: string): Promise<boolean> {
  const rows = await db.query({
    name: 'count-password-try-of-one-time-code',
    text: `update one_time_codes set password_tries = password_tries + 1 where id = $1 and password_tries < ${maxPasswordTries} and ${isLive} returning 1`,
    values: [id],
  });
  return rows.length === 1;
}

/** Uses a code up; false when somebody has done so. */
export async function useCode(tx: Queryable, id: string): Promise<boolean> {
  const rows = await tx.query({
    name: 'use-one-time-code',
    text: `update one_time_codes set ${ended} where id = $1 and end_time is null returning 1`,
    values: [id],
  });
  return rows.length === 1;
}

const batchSize = 1_000;

/** Removes some codes that are past their time; gives whether there may be more. */
export async function deleteExpiredCodes(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ count: number }>({
    name: 'delete-expired-one-time-codes',
    text: `with expired as materialized (
             select id from one_time_codes where expire_time < now() order by expire_time limit ${batchSize} for update skip locked),
           deleted as (delete from one_time_codes using expired where one_time_codes.id = expired.id returning 1)
           select count(*)::int as count from deleted`,
  });
  return row!.count === batchSize;
}
