import { clientOf, type TokenVerifier } from '@gatehouse/access';
import { validationFailed } from '@gatehouse/contracts/api';
import { invalidGrant, invalidScope, type TokenServiceDefinition, unsupportedGrantType } from '@gatehouse/contracts/auth';
import { isAppError } from '@gatehouse/errors';
import type { Database } from '@gatehouse/postgres';
import type { RpcService } from '@gatehouse/rpc';
import { revokeSession } from '../postgres/session-end-repository';
import { isRefreshToken } from '../sessions/refresh-token';
import type { Sessions } from '../sessions/sessions';
import { toServerMetadata } from './authorization-server-metadata';
import { createIntrospection, findHolder } from './introspection';

export interface TokenServiceOptions {
  database: Database;
  sessions: Pick<Sessions, 'refresh' | 'end'>;
  verifier: TokenVerifier;
  /** Which does not look at what was revoked. */
  staleVerifier: TokenVerifier;
  /** Also the address of the installation. */
  issuer: string;
}

/** TokenService: what OAuth 2.0 clients know of tokens. */
export function createTokenService({ database, sessions, verifier, staleVerifier, issuer }: TokenServiceOptions): RpcService<TokenServiceDefinition> {
  const introspect = createIntrospection({ database, verifier, issuer });
  return {
    async issueToken({ grantType, refreshToken, scope }, call) {
      if (grantType !== 'refresh_token') throw unsupportedGrantType();
      // which grant it is decides first whether there has to be one
      if (!refreshToken)
        throw validationFailed({ violations: [{ field: 'refresh_token', description: 'value is required of this grant', reason: 'required' }] });
      // a session has no scopes to narrow, and a client must not believe that it did (RFC 6749 §3.3)
      if (scope) throw invalidScope();
      return sessions.refresh(refreshToken, clientOf(call)).catch((cause) => {
        // a client that knows RFC 6749 alone knows one answer, and need not hear why
        throw isAppError(cause, 'REFRESH_TOKEN_INVALID') || isAppError(cause, 'ACCOUNT_SUSPENDED') ? invalidGrant({ cause }) : cause;
      });
    },
    async revokeToken({ token }) {
      if (isRefreshToken(token)) await sessions.end(token);
      else {
        // an access token cannot be taken back by itself: its session ends, as RFC 7009 §2.1 leaves to the server
        // one that is to be renewed, because its person has changed say, is proof enough that it may be
        const holder = await findHolder(staleVerifier, token);
        if (holder) await revokeSession(database, holder.sessionId);
      }
      return {};
    },
    introspectToken: ({ token }) => introspect(token),
    getAuthorizationServerMetadata: async () => toServerMetadata(issuer),
  };
}
