import { type TokenVerifier, toBearerToken } from '@gatehouse/access';
import type { RedisObserver } from '@gatehouse/observability';
import type { HttpObserver } from '@gatehouse/transcoding';
import type { FastifyInstance } from 'fastify';
import type { ArrivedRequest, ClientOrigin } from './client-origin';
import { compressAnswers } from './compression';
import { allowOrigins } from './cors';
import { createRateLimitStore } from './rate-limit-store';
import { createRateLimiter, type RateLimiter, type RateLimitSettings, type RatePolicyName } from './rate-limits';
import { limitRequests, type RequestLimits } from './request-limits';
import { addSecurityHeaders } from './security-headers';
import { guardUpgrades } from './upgrades';

export interface EdgeOptions {
  limits: RequestLimits;
  originOf: (request: ArrivedRequest) => ClientOrigin;
  /** No page of another origin may call without it. */
  cors?: { origins: readonly string[]; credentials: boolean; maxAgeSeconds: number; methods: readonly string[] };
  /** Nothing is compressed without it. */
  compression?: { minBytes: number };
  /** Nobody is counted without it. */
  rateLimits?: RateLimitSettings & { redisUrl?: string };
  /** Whether a request's body is a stream, which may take its time. */
  takesStream: (method: string, url: string) => boolean;
  /** Whether a URL leads to where passwords, codes and tokens are tried or given: it has a rate of its own, and answers that are not compressed. */
  holdsCredentials: (url: string) => boolean;
  /** Paths that are never limited. */
  exemptPaths: readonly string[];
  verifier: TokenVerifier;
  observer?: HttpObserver;
  redisObserver?: RedisObserver;
  onRateLimit?: (policy: RatePolicyName, isAdmitted: boolean) => void;
  onRateLimitStore?: (isThere: boolean) => void;
}

/**
 * Puts what stands between the internet and the routes into an app, after what observes requests and before the routes
 * themselves: security headers, CORS, limits, rates; on the way out, compression.
 */
export function addEdge(http: FastifyInstance, options: EdgeOptions): { close(): void } {
  const { originOf, holdsCredentials, cors, compression, rateLimits, limits, verifier, observer } = options;
  addSecurityHeaders(http, { originOf, isShared: cors !== undefined });
  // before what refuses, so that refusals can be read by pages too
  if (cors) allowOrigins(http, cors);
  const store = rateLimits && createRateLimitStore(http, { redisUrl: rateLimits.redisUrl, onStore: options.onRateLimitStore, observer: options.redisObserver });
  const findPrincipal = async (authorization: string) => verifier.verify(toBearerToken(authorization));
  const count: RateLimiter | undefined =
    store &&
    createRateLimiter({
      ...rateLimits!,
      store,
      originOf,
      holdsCredentials,
      findPrincipal: (authorization) => findPrincipal(authorization).catch(() => undefined),
      onDecision: options.onRateLimit,
    });
  limitRequests(http, limits, options.takesStream);
  if (count) limitRates(http, count, options.exemptPaths);
  if (compression) compressAnswers(http, { ...compression, isSecret: holdsCredentials });
  guardUpgrades(http.server, { limits, count, observer });
  return { close: () => store?.close() };
}

/** Before the body is read, and before the route is looked for: who asks for what is not there is counted too. */
function limitRates(http: FastifyInstance, count: RateLimiter, exemptPaths: readonly string[]): void {
  http.addHook('onRequest', async (request, reply) => {
    if (exemptPaths.includes(request.originalUrl)) return;
    const { headers, error } = await count(request.raw, request.originalUrl);
    reply.headers(headers);
    if (error) throw error;
  });
}
