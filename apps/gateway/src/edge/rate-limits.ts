import { rateLimited } from '@gatehouse/contracts/api';
import type { Principal } from '@gatehouse/access';
import { normalizeIP } from '@fastify/rate-limit';
import type { AppError } from '@gatehouse/errors';
import type { IncomingHttpHeaders } from 'node:http';
import type { ArrivedRequest, ClientOrigin } from './client-origin';
import type { RateLimitStore, RatePolicy, RateState } from './rate-limit-store';

/** What requests are counted by. */
export const ratePolicyNames = ['client', 'auth', 'principal'] as const;
export type RatePolicyName = (typeof ratePolicyNames)[number];

export interface RateLimitSettings {
  windowMs: number;
  clientPoints: number;
  principalPoints: number;
  authPoints: number;
}

export interface RateLimiterOptions extends RateLimitSettings {
  store: RateLimitStore;
  originOf: (request: ArrivedRequest) => ClientOrigin;
  /** Whether a URL leads to where passwords, codes and tokens are tried or given. */
  holdsCredentials: (url: string) => boolean;
  /** Whose token it is; undefined where it is nobody's. */
  findPrincipal: (authorization: string) => Promise<Principal | undefined>;
  /** Told of each request that is counted. */
  onDecision?: (policy: RatePolicyName, isAdmitted: boolean) => void;
}

/** What came of counting a request: headers for its answer, and an error if it was one too many. */
export interface RateVerdict {
  readonly headers: Readonly<Record<string, string>>;
  readonly error?: AppError;
}

export type RateLimiter = (request: ArrivedRequest & { readonly headers: IncomingHttpHeaders }, url: string) => Promise<RateVerdict>;

/** Counts each request of a client, of a client that tries credentials, and of a principal; in this order, so that the cheapest goes first. */
export function createRateLimiter({
  store,
  originOf,
  holdsCredentials,
  findPrincipal,
  onDecision,
  windowMs,
  clientPoints,
  principalPoints,
  authPoints,
}: RateLimiterOptions): RateLimiter {
  const toBudget = (name: RatePolicyName, points: number) => {
    const policy: RatePolicy = { name, points, windowMs };
    return { name, policy, count: store.createCounter(policy) };
  };
  const client = toBudget('client', clientPoints);
  const auth = toBudget('auth', authPoints);
  const principal = toBudget('principal', principalPoints);

  return async (request, url) => {
    const counted: [RatePolicy, RateState][] = [];
    const count = async (budget: typeof client, key: string): Promise<AppError | undefined> => {
      const state = await budget.count(key);
      counted.push([budget.policy, state]);
      onDecision?.(budget.name, !state.isExceeded);
      if (!state.isExceeded) return undefined;
      return rateLimited(
        { policy: budget.policy.name },
        { retryDelayMs: state.resetMs, quotas: [{ subject: budget.policy.name, description: 'its requests of this window are spent' }] },
      );
    };
    // of IPv6 the network: a client has 2^64 addresses to choose from
    const address = normalizeIP(originOf(request).address, 64);
    let error = await count(client, address);
    if (!error && holdsCredentials(url)) error = await count(auth, address);
    const { authorization } = request.headers;
    if (!error && authorization) {
      const found = await findPrincipal(authorization);
      if (found && found.kind !== 'anonymous') error = await count(principal, found.kind === 'user' ? `user:${found.id}` : `service:${found.name}`);
    }
    return { headers: toHeaders(counted), error };
  };
}

/** RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10): lists of strings with whole numbers (RFC 9651). */
function toHeaders(counted: readonly [RatePolicy, RateState][]): Record<string, string> {
  return {
    'ratelimit-policy': counted.map(([{ name, points, windowMs }]) => `"${name}";q=${points};w=${Math.ceil(windowMs / 1000)}`).join(', '),
    ratelimit: counted.map(([{ name }, { remaining, resetMs }]) => `"${name}";r=${remaining};t=${Math.ceil(resetMs / 1000)}`).join(', '),
  };
}
