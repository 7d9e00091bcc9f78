import type { Queryable } from '@gatehouse/postgres';

export interface PendingLogin {
  readonly userId: string;
  readonly deviceId: string;
  /** The person has logged in on the device before. */
  readonly isDeviceKnown: boolean;
}

const digest = `sha256(convert_to(password_hash, 'UTF8'))`;

/** Adds a login token on the person's password of now, which the transaction holds; false where they have none. */
export async function insertLoginToken(
  tx: Queryable,
  { hash, userId, deviceId, isDeviceKnown, lifetimeSeconds }: PendingLogin & { hash: Buffer; lifetimeSeconds: number },
): Promise<boolean> {
  const rows = await tx.query({
    name: 'insert-login-token',
    text: `insert into login_tokens (token_hash, user_id, password_digest, device_id, is_device_known, expire_time)
           select $1, user_id, ${digest}, $3, $5, now() + $4 * interval '1 second' from credentials where user_id = $2 returning 1`,
    values: [hash, userId, deviceId, lifetimeSeconds, isDeviceKnown],
  });
  return rows.length === 1;
}

export async function findPendingLogin(db: Queryable, hash: Buffer): Promise<PendingLogin | undefined> {
  const [row] = await db.query<PendingLogin>({
    name: 'find-pending-login',
    text: 'select user_id as "userId", device_id as "deviceId", is_device_known as "isDeviceKnown" from login_tokens where token_hash = $1 and expire_time > now()',
    values: [hash],
  });
  return row;
}

/** Counts a try before it is looked at, so that many at once are no more than one after another; false when there were as many as may be. */
export async function countTry(db: Queryable, hash: Buffer, maxTries: number): Promise<boolean> {
  const rows = await db.query({
    name: 'count-login-token-try',
    text: 'update login_tokens set tries = tries + 1 where token_hash = $1 and tries < $2 returning 1',
    values: [hash, maxTries],
  });
  return rows.length === 1;
}

/** Takes a login token away, and holds the password that was right; false when that is another one by now, or the token is used or late. */
export async function takeLoginToken(tx: Queryable, hash: Buffer): Promise<boolean> {
  const held = await tx.query({
    name: 'hold-password-of-login',
    text: `select 1 from credentials join login_tokens using (user_id)
           where token_hash = $1 and password_digest = ${digest} and expire_time > clock_timestamp() for share of credentials`,
    values: [hash],
  });
  if (!held.length) return false;
  const rows = await tx.query({ name: 'take-login-token', text: 'delete from login_tokens where token_hash = $1 returning 1', values: [hash] });
  return rows.length === 1;
}

/**
 * Takes away the logins of these people that wait for a code. To be called before `lockPeople` and before their sessions end: who completes a login
 * takes its token first, holds the person then, and opens the session.
 */
export async function deleteLoginTokensOf(tx: Queryable, userIds: readonly string[]): Promise<void> {
  await tx.query({ name: 'delete-login-tokens-of-people', text: 'delete from login_tokens where user_id = any ($1::uuid[])', values: [userIds] });
}

const batchSize = 1_000;

/** Removes some login tokens that expired; gives whether there may be more. */
export async function deleteExpiredLoginTokens(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ count: number }>({
    name: 'delete-expired-login-tokens',
    text: `with expired as materialized (
             select token_hash from login_tokens where expire_time < now() order by expire_time limit ${batchSize} for update skip locked),
           deleted as (delete from login_tokens using expired where login_tokens.token_hash = expired.token_hash returning 1)
           select count(*)::int as count from deleted`,
  });
  return row!.count === batchSize;
}
