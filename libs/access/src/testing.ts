import type { Jwk, Revocation, WatchRevocationsResponse } from '@gatehouse/contracts/verifier';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
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
        acr: 'aal1',
        auth_time: issuedAt,
        iat: issuedAt,
        exp: issuedAt + expiresInSeconds,
        jti: randomUUID(),
      };
      return new SignJWT({ ...own, ...claims }).setProtectedHeader({ alg: tokenAlgorithm, typ: accessTokenType, kid, ...header }).sign(privateKey);
    },
    serviceToken: (service, callee) => createServiceTokens({ issuer, service, audience: callee, signingKey: async () => ({ kid, privateKey }) })(),
  };
}

/** A log of revocations whose entries are the test's; a cursor counts them. */
export interface TestRevocations {
  /** Tells something that happened now, and counts for a quarter of an hour; `entry` replaces what it would say. */
  tell(subject: Revocation['subject'], entry?: Partial<Revocation>): void;
  /** The cursors that were asked with. */
  readonly cursors: readonly string[];
  watch(request: { cursor: string }, call: { signal: AbortSignal }): AsyncGenerator<WatchRevocationsResponse>;
}

const heartbeatMs = 100;

/** What VerifierService tells of revocations, in memory. */
export function createTestRevocations(): TestRevocations {
  const told: Revocation[] = [];
  const cursors: string[] = [];
  const news = new EventEmitter().setMaxListeners(0);
  return {
    cursors,
    tell(subject, entry = {}) {
      const now = Date.now();
      told.push({ subject, time: new Date(now), expireTime: new Date(now + 900_000), ...entry });
      news.emit('told');
    },
    async *watch({ cursor }, { signal }) {
      cursors.push(cursor);
      for (let index = Number(cursor || 0); !signal.aborted;) {
        const revocations = told.slice(index);
        index += revocations.length;
        yield { revocations, cursor: String(index), isCurrent: true };
        if (told.length > index) continue;
        await once(news, 'told', { signal: AbortSignal.any([signal, AbortSignal.timeout(heartbeatMs)]) }).catch(() => {});
      }
    },
  };
}
