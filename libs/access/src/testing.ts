import type { Jwk } from '@gatehouse/contracts/verifier';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { randomUUID } from 'node:crypto';
import type { KeySource } from './key-source';
import { createServiceTokens } from './service-tokens';
import { accessTokenType, tokenAlgorithm } from './token-type';

export interface TestIssuer {
  readonly keys: KeySource;
  readonly jwks: { keys: Jwk[] };
  /** An access token for a person; `claims` and `header` replace what it would say. */
  accessToken(
    person: { id: string; permissions?: readonly string[]; sessionId?: string; expiresInSeconds?: number },
    claims?: JWTPayload,
    header?: Record<string, string>,
  ): Promise<string>;
  serviceToken(service: string, audience: string): Promise<string>;
}

/** Issues real tokens under a key of its own. */
export async function createTestIssuer({ issuer, audience }: { issuer: string; audience: string }): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(tokenAlgorithm, { extractable: true });
  const kid = randomUUID();
  const { kty, crv, x } = await exportJWK(publicKey);
  return {
    keys: { find: async (id) => (id === kid ? publicKey : undefined), isReady: () => true },
    jwks: { keys: [{ kty: kty!, crv: crv!, x: x!, kid, alg: tokenAlgorithm, use: 'sig' }] },
    accessToken({ id, permissions = [], sessionId = randomUUID(), expiresInSeconds = 900 }, claims = {}, header = {}) {
      const issuedAt = Math.floor(Date.now() / 1000);
      const own = {
        iss: issuer,
        aud: audience,
        sub: id,
        client_id: 'gatehouse',
        sid: sessionId,
        permissions: [...permissions],
        iat: issuedAt,
        exp: issuedAt + expiresInSeconds,
        jti: randomUUID(),
      };
      return new SignJWT({ ...own, ...claims }).setProtectedHeader({ alg: tokenAlgorithm, typ: accessTokenType, kid, ...header }).sign(privateKey);
    },
    serviceToken: (service, callee) => createServiceTokens({ issuer, service, audience: callee, signingKey: async () => ({ kid, privateKey }) })(),
  };
}
