import { tokenExpired, tokenInvalid, unavailable } from '@gatehouse/contracts/api';
import type { AppError } from '@gatehouse/errors';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { KeySource } from './key-source';
import type { Principal } from './principal';
import { toMarks, type TokenMarks } from './revocation-entries';
import type { Revocations } from './revocations';
import { readTokenForm } from './token-form';
import { accessTokenType, serviceTokenType, tokenAlgorithm } from './token-type';
import { createVerifiedTokens, type VerifiedToken } from './verified-tokens';

const maxVerified = 10_000;
// how far the clocks of who signs and who verifies may be apart. Seconds.
const clockToleranceSeconds = 5;
// no timer takes more than 24 days, and no call goes on for a day
const longestTimerMs = 86_400_000;

export interface TokenVerifierOptions {
  keys: KeySource;
  issuer: string;
  /** Audience of access tokens. */
  audience: string;
  /** The name of the verifying service, the audience of service tokens. */
  service: string;
  /** What was revoked; where it is undefined, a token counts until it expires. To be said, so that nobody leaves it out unaware. */
  revocations: Revocations | undefined;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

export interface TokenVerifier {
  /**
   * Says whose token it is, an access token or a service token.
   * @throws tokenInvalid, tokenRevoked; tokenExpired, also where it says what has changed since; unavailable while there are no keys to
   * verify with, or it is not known what was revoked
   */
  verify(token: string): Promise<Principal>;
  /** Calls `end` once, with the error, when the token of a principal that `verify` gave expires or is revoked; gives what ends the waiting. */
  whenOver(principal: Principal, end: (error: AppError) => void): () => void;
}

/**
 * Verifies tokens locally: form and algorithm pinned, `typ`, `iss`, `aud`, `exp`, `nbf` and `iat` checked (RFC 8725 §3), the
 * times with a tolerance of five seconds. What was verified is remembered for as long as the token lives and its key is
 * among `keys`; whether it was revoked is looked up each time.
 */
export function createTokenVerifier({ keys, issuer, audience, service, revocations, now = Date.now }: TokenVerifierOptions): TokenVerifier {
  const verified = createVerifiedTokens({ max: maxVerified, now });
  const marksOf = new WeakMap<Principal, TokenMarks>();
  // as few as there ever were: keys are made by schedule
  const usedKeys = new Set<string>();
  return {
    async verify(token) {
      const known = verified.find(token);
      if (known && known.key === (await keys.find(known.kid))) {
        revocations?.check(known.marks);
        return known.principal;
      }

      // decided before any key is asked for, so that a foreign token costs nothing
      const header = readTokenForm(token);
      if (!header) throw tokenInvalid();
      const { kid, isService } = header;
      // who holds what a key signed that was withdrawn is told to renew it, whether that is heard of first or the keys are fetched anew
      revocations?.check(toMarks(kid));
      const key = await keys.find(kid);
      if (!key && !keys.isReady()) throw unavailable();
      if (!key) throw usedKeys.has(kid) ? tokenExpired() : tokenInvalid();
      usedKeys.add(kid);
      const time = new Date(now());
      let found: VerifiedToken;
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [tokenAlgorithm],
          typ: isService ? serviceTokenType : accessTokenType,
          issuer,
          audience: isService ? service : audience,
          currentDate: time,
          clockTolerance: clockToleranceSeconds,
          requiredClaims: ['sub', 'exp', 'iat'],
        });
        // whoever issues for times to come has a wrong clock, or something to hide
        if (payload.iat! > time.getTime() / 1000 + clockToleranceSeconds) throw new Error('the token was issued in the future');
        if (typeof payload.sub !== 'string' || payload.sub === '') throw new Error('the token is about nobody');
        const principal = isService ? toService(payload) : toUser(payload);
        found = { kid, key, principal, marks: toMarks(kid, principal.kind === 'user' ? toPerson(principal, payload) : undefined) };
      } catch (thrown) {
        const cause = withoutClaims(thrown);
        throw thrown instanceof errors.JWTExpired ? tokenExpired({ cause }) : tokenInvalid({ cause });
      }
      verified.add(token, found);
      marksOf.set(found.principal, found.marks);
      revocations?.check(found.marks);
      return found.principal;
    },
    whenOver(principal, end) {
      if (principal.kind === 'anonymous') return () => {};
      const timer = setTimeout(() => end(tokenExpired()), Math.min(principal.expiresAt * 1000 - now(), longestTimerMs));
      const marks = marksOf.get(principal);
      const stop = marks && revocations?.whenRevoked(marks, end);
      return () => {
        clearTimeout(timer);
        stop?.();
      };
    },
  };
}

/** What was wrong, for the log: errors of jose carry everything that the token says. */
const withoutClaims = (thrown: unknown): unknown => (thrown instanceof errors.JOSEError ? new Error(`${thrown.code}: ${thrown.message}`) : thrown);

const toService = ({ sub, exp }: JWTPayload): VerifiedToken['principal'] => ({ kind: 'service', name: sub!, expiresAt: exp! });

function toUser({ sub, exp, sid, permissions, acr, auth_time }: JWTPayload): UserPrincipal {
  if (typeof sid !== 'string' || !isTexts(permissions)) throw new Error('the access token lacks sid or permissions');
  // what an earlier release signed says nothing of the proof: it counts as weak and old
  const proof = { acr: typeof acr === 'string' ? acr : '', authTime: typeof auth_time === 'number' ? auth_time : 0 };
  return { kind: 'user', id: sub!, permissions, sessionId: sid, ...proof, expiresAt: exp! };
}

type UserPrincipal = Extract<Principal, { kind: 'user' }>;

/** A token of a release that does not say the roles is one of every role. */
const toPerson = ({ id: userId, sessionId }: UserPrincipal, { iat, roles }: JWTPayload) => ({
  userId,
  sessionId,
  roleIds: isTexts(roles) ? roles : undefined,
  issuedAt: iat!,
});

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === 'string');
