import { type Principal, principalOf, toUserId } from '@gatehouse/access';
import { pageTokenInvalid, type Session, sessionNotFound, type SessionServiceDefinition } from '@gatehouse/contracts/auth';
import { createPageTokens, toPageSize } from '@gatehouse/listing';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { findSession, type ListedSession, listSessions, nameSession } from '../postgres/session-list-repository';
import { revokeSessionOf, revokeSessionsOf } from '../postgres/session-end-repository';
import type { SecurityEvents } from '../security-events';

export interface SessionServiceOptions {
  database: Database;
  /** 32 bytes, the same in all replicas: page tokens are sealed under a key of it. */
  secret: Uint8Array;
  security: SecurityEvents;
}

/** SessionService: where people are logged in. */
export function createSessionService({ database, secret, security }: SessionServiceOptions): RpcService<SessionServiceDefinition> {
  const tokens = createPageTokens({ secret, label: 'auth/ListSessions', invalid: pageTokenInvalid });
  const get = async (userId: string, id: string): Promise<ListedSession> => {
    const found = await findSession(database, userId, id);
    if (!found) throw notFound(id);
    return found;
  };
  return {
    async listSessions({ userId: named, pageSize, pageToken }, call) {
      const userId = toUserId(named, call);
      const size = toPageSize(pageSize, { default: 50, max: 200 });
      const [afterId] = tokens.open(pageToken, { userId }) ?? [];
      const found = await listSessions(database, userId, size + 1, afterId);
      const page = found.slice(0, size);
      return {
        sessions: page.map((session) => toMessage(session, principalOf(call))),
        nextPageToken: found.length > size ? tokens.seal({ userId }, [page.at(-1)!.id]) : '',
      };
    },

    async updateSession({ session, updateMask = [] }, call) {
      const { id, displayName } = session!;
      const userId = toUserId(session!.userId, call);
      const isNamed = updateMask.length ? updateMask.includes('display_name') || updateMask.includes('*') : displayName !== '';
      if (isNamed) await nameSession(database, userId, id, displayName);
      return toMessage(await get(userId, id), principalOf(call));
    },

    async revokeSession({ userId: named, id }, call) {
      const userId = toUserId(named, call);
      const outcome = await revokeSessionOf(database, userId, id);
      if (outcome === 'unknown') throw notFound(id);
      if (outcome === 'revoked') security.raise('session_revoked', { userId, sessionId: id });
      return {};
    },

    async revokeOtherSessions(_request, call) {
      const principal = principalOf(call);
      if (principal.kind !== 'user') return { revoked: 0 };
      return { revoked: await endAll(principal.id, principal.sessionId) };
    },

    revokeAllSessions: async ({ userId }, call) => ({ revoked: await endAll(toUserId(userId, call)) }),
  };

  async function endAll(userId: string, exceptId?: string): Promise<number> {
    const revoked = await database.transaction((tx) => revokeSessionsOf(tx, userId, exceptId));
    if (revoked) security.raise('sessions_revoked', { userId });
    return revoked;
  }
}

const notFound = (id: string) => sessionNotFound({ id }, { resource: { type: 'gatehouse.auth.v1.Session', name: id } });

const toMessage = ({ deviceId, ...session }: ListedSession, principal: Principal): Session => ({
  ...session,
  deviceId: deviceId ?? '',
  current: principal.kind === 'user' && principal.sessionId === session.id,
});
