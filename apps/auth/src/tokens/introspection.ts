import type { TokenVerifier } from '@gatehouse/access';
import type { IntrospectTokenResponse } from '@gatehouse/contracts/auth';
import { isAppError } from '@gatehouse/errors';
import type { Queryable } from '@gatehouse/postgres';
import { decodeJwt } from 'jose';
import { validate as isUuid } from 'uuid';
import { findUnusedRefreshToken, isSessionAlive } from '../postgres/token-status-repository';
import { isRefreshToken, toTokenHash } from '../sessions/refresh-token';

export interface IntrospectionOptions {
  database: Queryable;
  verifier: TokenVerifier;
  issuer: string;
}

/** What may be said of a token to who may ask (RFC 7662 §2.2): of one that is not valid now, that and no more. */
export function createIntrospection({ database, verifier, issuer }: IntrospectionOptions): (token: string) => Promise<IntrospectTokenResponse> {
  const introspectRefreshToken = async (token: string): Promise<IntrospectTokenResponse> => {
    const found = await findUnusedRefreshToken(database, toTokenHash(token));
    if (!found) return { active: false };
    const { userId: sub, sessionId: sid, createTime, expireTime } = found;
    return { active: true, clientId, sub, sid, iss: issuer, iat: toSeconds(createTime), exp: toSeconds(expireTime) };
  };
  return async (token) => {
    if (isRefreshToken(token)) return introspectRefreshToken(token);
    const person = await findHolder(verifier, token);
    if (!person || !(await isSessionAlive(database, person.sessionId))) return { active: false };
    const { sub, iss, jti, iat, exp, aud, client_id } = decodeJwt(token);
    const scope = person.permissions.join(' ');
    return { active: true, scope, clientId: String(client_id), tokenType: 'Bearer', sub, sid: person.sessionId, iss, jti, iat, exp, aud: [aud].flat()[0] };
  };
}

/** Whose access token it is; undefined for whatever is no valid one. @throws unavailable */
export async function findHolder(verifier: TokenVerifier, token: string): Promise<{ sessionId: string; permissions: readonly string[] } | undefined> {
  try {
    const principal = await verifier.verify(token);
    return principal.kind === 'user' && isUuid(principal.sessionId) ? principal : undefined;
  } catch (error) {
    if (isAppError(error) && error.code === 'UNAUTHENTICATED') return undefined;
    throw error;
  }
}

// the one client that there is
const clientId = 'gatehouse';
const toSeconds = (time: Date) => Math.floor(time.getTime() / 1_000);
