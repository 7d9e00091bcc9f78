import { accessTokenType, type AssuranceLevel, type SigningKey, tokenAlgorithm } from '@gatehouse/access';
import { SignJWT } from 'jose';
import { randomInt, randomUUID } from 'node:crypto';
import type { Proof } from '../sessions/entry';

export interface AccessTokensOptions {
  issuer: string;
  audience: string;
  /** How long a token is valid at most. */
  lifetimeSeconds: number;
  /**
   * By how much at most a life is shortened at random, though never by more than a tenth: tokens that were issued at once, as
   * after an outage, do not all have to be refreshed at once.
   */
  jitterSeconds: number;
  signingKey: () => Promise<SigningKey>;
  /** The first second of which a token of the person counts, where one of before is stale; in seconds since the epoch. */
  firstSecond: (person: { userId: string; roleIds: readonly string[] }, askTime: number) => number;
}

interface AccessTokenOf {
  readonly userId: string;
  readonly sessionId: string;
  readonly permissions: readonly string[];
  readonly roleIds: readonly string[];
  readonly askTime: number;
  readonly proof: Proof;
  /** When the session ends in any case. */
  readonly endTime: Date;
}

export interface SignedAccessToken {
  readonly accessToken: string;
  /** Seconds until it expires. */
  readonly expiresIn: number;
}

export interface AccessTokens {
  /**
   * A signed JWT that says who somebody is and what they may do (RFC 9068). It counts as issued when `user` was asked, in milliseconds since the
   * epoch, so that whoever hears of a change that came later knows that the token may not say it. It does not outlive its session.
   */
  sign(person: AccessTokenOf): Promise<SignedAccessToken>;
}

export function createAccessTokens({ issuer, audience, lifetimeSeconds, jitterSeconds, signingKey, firstSecond }: AccessTokensOptions): AccessTokens {
  const maxJitter = Math.min(jitterSeconds, Math.floor(lifetimeSeconds / 10));
  return {
    async sign({ userId, sessionId, permissions, roleIds, askTime, proof: { authTime, methods }, endTime }) {
      const { kid, privateKey } = await signingKey();
      const proof = { auth_time: Math.floor(authTime.getTime() / 1000), acr: toAssuranceLevel(methods), amr: [...methods] };
      const issuedAt = Math.max(Math.floor(askTime / 1000), firstSecond({ userId, roleIds }, askTime));
      const leftSeconds = Math.floor(endTime.getTime() / 1000) - issuedAt;
      const expiresIn = Math.max(Math.min(lifetimeSeconds - randomInt(maxJitter + 1), leftSeconds), 1);
      const accessToken = await new SignJWT({ client_id: 'gatehouse', sid: sessionId, roles: [...roleIds], permissions: [...permissions], ...proof })
        .setProtectedHeader({ alg: tokenAlgorithm, typ: accessTokenType, kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + expiresIn)
        .setJti(randomUUID())
        .sign(privateKey);
      return { accessToken, expiresIn };
    },
  };
}

const toAssuranceLevel = (methods: Proof['methods']): AssuranceLevel => (new Set(methods).size > 1 ? 'aal2' : 'aal1');
