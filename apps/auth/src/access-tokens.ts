import { accessTokenType, type SigningKey, tokenAlgorithm } from '@gatehouse/access';
import { SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';

export interface AccessTokensOptions {
  issuer: string;
  audience: string;
  lifetimeSeconds: number;
  signingKey: () => Promise<SigningKey>;
}

export interface AccessTokens {
  readonly lifetimeSeconds: number;
  /** A signed JWT that says who somebody is and what they may do (RFC 9068). */
  sign(person: { userId: string; sessionId: string; permissions: readonly string[] }): Promise<string>;
}

export function createAccessTokens({ issuer, audience, lifetimeSeconds, signingKey }: AccessTokensOptions): AccessTokens {
  return {
    lifetimeSeconds,
    async sign({ userId, sessionId, permissions }) {
      const { kid, privateKey } = await signingKey();
      const issuedAt = Math.floor(Date.now() / 1000);
      return new SignJWT({ client_id: 'gatehouse', sid: sessionId, permissions: [...permissions] })
        .setProtectedHeader({ alg: tokenAlgorithm, typ: accessTokenType, kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .setJti(randomUUID())
        .sign(privateKey);
    },
  };
}
