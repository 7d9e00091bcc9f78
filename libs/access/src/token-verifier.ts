import { tokenExpired, tokenInvalid, unavailable } from '@gatehouse/contracts/api';
import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type ProtectedHeaderParameters } from 'jose';
import type { KeySource } from './key-source';
import type { Principal } from './principal';
import { accessTokenType, serviceTokenType, tokenAlgorithm } from './token-type';
import { createVerifiedTokens, type VerifiedToken } from './verified-tokens';

const maxVerified = 10_000;

export interface TokenVerifierOptions {
  keys: KeySource;
  issuer: string;
  /** Audience of access tokens. */
  audience: string;
  /** The name of the verifying service, the audience of service tokens. */
  service: string;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

export interface TokenVerifier {
  /**
   * Says whose token it is, an access token or a service token.
   * @throws tokenInvalid, tokenExpired; unavailable while there are no keys to verify with
   */
  verify(token: string): Promise<Principal>;
}

/**
 * Verifies tokens locally: algorithm pinned, `typ`, `iss`, `aud` and `exp` checked (RFC 8725 §3). What was verified is
 * remembered for as long as the token lives and its key is among `keys`.
 */
export function createTokenVerifier({ keys, issuer, audience, service, now = Date.now }: TokenVerifierOptions): TokenVerifier {
  const verified = createVerifiedTokens({ max: maxVerified, now });
  return {
    async verify(token) {
      const known = verified.find(token);
      if (known && known.key === (await keys.find(known.kid))) return known.principal;

      const { kid, typ } = readHeader(token);
      const isService = typ === serviceTokenType;
      const key = await keys.find(kid);
      if (!key) throw keys.isReady() ? tokenInvalid() : unavailable();
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [tokenAlgorithm],
          typ: isService ? serviceTokenType : accessTokenType,
          issuer,
          audience: isService ? service : audience,
          currentDate: new Date(now()),
          requiredClaims: ['sub', 'exp', 'iat'],
        });
        const principal = isService ? toService(payload) : toUser(payload);
        verified.add(token, { kid, key, principal });
        return principal;
      } catch (cause) {
        throw cause instanceof errors.JWTExpired ? tokenExpired({ cause }) : tokenInvalid({ cause });
      }
    },
  };
}

function readHeader(token: string): { kid: string; typ: string | undefined } {
  let header: ProtectedHeaderParameters;
  try {
    header = decodeProtectedHeader(token);
  } catch (cause) {
    throw tokenInvalid({ cause });
  }
  // decided before any key is asked for, so that a foreign token costs nothing
  if (header.alg !== tokenAlgorithm || typeof header.kid !== 'string') throw tokenInvalid();
  return { kid: header.kid, typ: header.typ };
}

const toService = ({ sub, exp }: JWTPayload): VerifiedToken['principal'] => ({ kind: 'service', name: sub!, expiresAt: exp! });

function toUser({ sub, exp, sid, permissions }: JWTPayload): VerifiedToken['principal'] {
  if (typeof sid !== 'string' || !isTexts(permissions)) throw new Error('the access token lacks sid or permissions');
  return { kind: 'user', id: sub!, permissions, sessionId: sid, expiresAt: exp! };
}

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === 'string');
