import { type CryptoKey, SignJWT } from 'jose';
import { randomUUID } from 'node:crypto';
import { serviceTokenType, tokenAlgorithm } from './token-type';

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
}

export interface ServiceTokensOptions {
  issuer: string;
  /** The service that calls. */
  service: string;
  /** The service that is called. */
  audience: string;
  signingKey: () => Promise<SigningKey>;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

const lifetimeSeconds = 60;

/** Gives tokens with which a service says who it is when it calls on nobody's behalf. One serves for half its life. */
export function createServiceTokens({ issuer, service, audience, signingKey, now = Date.now }: ServiceTokensOptions): () => Promise<string> {
  let current: { token: string; kid: string; issuedAt: number } | undefined;
  return async () => {
    const { kid, privateKey } = await signingKey();
    const issuedAt = Math.floor(now() / 1000);
    if (!current || current.kid !== kid || issuedAt - current.issuedAt >= lifetimeSeconds / 2) {
      const token = await new SignJWT()
        .setProtectedHeader({ alg: tokenAlgorithm, typ: serviceTokenType, kid })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(service)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .setJti(randomUUID())
        .sign(privateKey);
      current = { token, kid, issuedAt };
    }
    return current.token;
  };
}
