import type { Queryable } from '@gatehouse/postgres';

/** A session as its person sees it. */
export interface ListedSession {
  readonly id: string;
  readonly userId: string;
  readonly displayName: string;
  readonly clientAddress: string;
  readonly userAgent: string;
  readonly deviceId: string | null;
  readonly authMethods: string[];
  readonly createTime: Date;
  readonly authTime: Date;
  readonly lastUsedTime: Date;
  readonly idleExpireTime: Date;
  readonly expireTime: Date;
}

// One that is idle for too long has no refresh token that could be used, and so is over.
const listed = `
  select id, user_id as "userId", display_name as "displayName", client_address as "clientAddress", user_agent as "userAgent",
    device_id as "deviceId", auth_methods as "authMethods", create_time as "createTime", auth_time as "authTime",
    last_used_time as "lastUsedTime", idle.expire_time as "idleExpireTime", sessions.expire_time as "expireTime"
  from sessions cross join lateral (
    select max(t.expire_time) as expire_time from refresh_tokens t where t.session_id = sessions.id and t.use_time is null) as idle
  where revoke_time is null and sessions.expire_time > now() and idle.expire_time > now()`;

/** Sessions of a person that go on, newest first, after the one with this id. */
export function listSessions(db: Queryable, userId: string, limit: number, afterId: string | undefined): Promise<readonly ListedSession[]> {
  return db.query<ListedSession>({
    name: 'list-sessions',
    text: `${listed} and user_id = $1 and ($3::uuid is null or id < $3) order by id desc limit $2`,
    values: [userId, limit, afterId ?? null],
  });
}

/** One of a person's sessions that goes on. */
export async function findSession(db: Queryable, userId: string, id: string): Promise<ListedSession | undefined> {
  const [row] = await db.query<ListedSession>({ name: 'find-session', text: `${listed} and user_id = $1 and id = $2`, values: [userId, id] });
  return row;
}

/** Names a session; nothing happens to one that is over. */
export async function nameSession(db: Queryable, userId: string, id: string, displayName: string): Promise<void> {
  await db.query({
    name: 'name-session',
    text: 'update sessions set display_name = $3 where user_id = $1 and id = $2 and revoke_time is null',
    values: [userId, id, displayName],
  });
}
