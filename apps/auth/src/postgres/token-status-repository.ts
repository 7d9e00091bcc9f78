import type { Queryable } from '@gatehouse/postgres';

/** A refresh token that would be traded for its successor now. */
export interface RefreshTokenStatus {
  readonly userId: string;
  readonly sessionId: string;
  readonly createTime: Date;
  readonly expireTime: Date;
}

/** The refresh token of this hash, unless it was used, has expired or its session has ended. */
export async function findUnusedRefreshToken(db: Queryable, hash: Buffer): Promise<RefreshTokenStatus | undefined> {
  const [row] = await db.query<RefreshTokenStatus>({
    name: 'find-unused-refresh-token',
    text: `select s.user_id as "userId", s.id as "sessionId", t.create_time as "createTime", t.expire_time as "expireTime"
           from refresh_tokens t join sessions s on s.id = t.session_id
           where t.token_hash = $1 and t.use_time is null and t.expire_time > now() and s.revoke_time is null and s.expire_time > now()`,
    values: [hash],
  });
  return row;
}

/** Whether the session was neither revoked nor is over. */
export async function isSessionAlive(db: Queryable, id: string): Promise<boolean> {
  const rows = await db.query({
    name: 'is-session-alive',
    text: 'select from sessions where id = $1 and revoke_time is null and expire_time > now()',
    values: [id],
  });
  return rows.length === 1;
}
