import rateLimit, { type FastifyRateLimitOptions } from '@fastify/rate-limit';
import type { RedisObserver } from '@gatehouse/observability';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Redis } from 'ioredis';
import type { IncomingMessage } from 'node:http';

/** How many requests one key may make in a window. */
export interface RatePolicy {
  readonly name: string;
  readonly points: number;
  readonly windowMs: number;
}

/** What is left to a key, and when its window ends. */
export interface RateState {
  readonly isExceeded: boolean;
  readonly remaining: number;
  readonly resetMs: number;
}

/** Counts one request of a key. */
export type RateCounter = (key: string) => Promise<RateState>;

export interface RateLimitStore {
  createCounter(policy: RatePolicy): RateCounter;
  close(): void;
}

export interface RateLimitStoreOptions {
  /** Valkey or Redis; each process counts for itself without one. */
  redisUrl?: string;
  /** Told when the store ceases to answer, and when it answers again. */
  onStore?: (isThere: boolean) => void;
  observer?: RedisObserver;
}

// The least recently seen keys leave first: an attack from ever new addresses costs a bounded amount of memory.
const maxKeys = 50_000;
// a request waits no longer for the store, and the next ones not at all for a while. Milliseconds.
const answerWithinMs = 250;
const askAgainAfterMs = 1_000;

/** Counters in memory or, shared by all gateways, in Valkey or Redis; in memory too while that does not answer. */
export function createRateLimitStore(http: FastifyInstance, { redisUrl, onStore = () => {}, observer }: RateLimitStoreOptions): RateLimitStore {
  const redis = redisUrl === undefined ? undefined : openRedis(redisUrl);
  let isThere = true;
  let askAgainAt = 0;
  const note = (now: boolean) => {
    if (!now) askAgainAt = Date.now() + askAgainAfterMs;
    if (isThere === now) return;
    isThere = now;
    onStore(now);
  };
  const { host: address = '', port = 0, db: database = 0 } = redis?.options ?? {};
  // the script of @fastify/rate-limit
  const command = { name: 'count-request', operation: 'EVALSHA', server: { address, port }, database };
  const observed = <T>(run: () => Promise<T>): Promise<T> => (observer ? observer.command(command, run) : run());
  return {
    createCounter(policy) {
      const inMemory = createCounter(http, policy, { cache: maxKeys });
      if (!redis) return inMemory;
      const shared = createCounter(http, policy, { redis, nameSpace: `gatehouse:rate:${policy.name}:` });
      return async (key) => {
        if (!isThere && Date.now() < askAgainAt) return inMemory(key);
        try {
          const state = await observed(() => shared(key));
          note(true);
          return state;
        } catch {
          note(false);
          return inMemory(key);
        }
      };
    },
    close: () => redis?.disconnect(),
  };
}

function openRedis(url: string): Redis {
  const redis = new Redis(url, {
    connectTimeout: 2_000,
    commandTimeout: answerWithinMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  // told by the requests that find it gone
  return redis.on('error', () => {});
}

/** A counter of @fastify/rate-limit; its hook and its headers, of an older draft, are not used. */
function createCounter(http: FastifyInstance, { points, windowMs }: RatePolicy, store: FastifyRateLimitOptions): RateCounter {
  let count: ReturnType<FastifyInstance['createRateLimit']> | undefined;
  http.register(async (scope) => {
    await scope.register(rateLimit, { global: false, max: points, timeWindow: windowMs, keyGenerator: (request) => (request as KeyedRequest).key, ...store });
    count = scope.createRateLimit();
  });
  return async (key) => {
    const state = await count!({ key, routeOptions: {} } as KeyedRequest);
    if (state.isAllowed) throw new Error('no key is exempt');
    return { isExceeded: state.isExceeded, remaining: state.remaining, resetMs: Math.max(0, state.ttl) };
  };
}

/** The counters ask for a request; all they read of it is here. */
type KeyedRequest = FastifyRequest & { readonly key: string; readonly raw: IncomingMessage };
