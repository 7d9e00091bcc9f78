import { type AppError, isAppError } from '@gatehouse/errors';
import { setTimeout as pause } from 'node:timers/promises';
import { leastTimeMs } from './deadline';
import type { RpcMethod } from './method';
import { hasRequestId } from './request-id';
import { isSpent, markSpent } from './retry-pushback';
import type { RetryBudget } from './retry-budget';
import { toAbortError } from './transport';

export interface RetryOptions {
  /** Undefined for a method that the channel's contracts do not have: it is never retried. */
  readonly method: RpcMethod | undefined;
  /** The request that an attempt sent; undefined when it sent none, or a stream of them. */
  readonly findRequest: () => Uint8Array | undefined;
  readonly budget: RetryBudget;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly onRetry?: (error: AppError) => void;
}

const maxAttempts = 3;
const firstPauseMs = 50;
const longestPauseMs = 500;
// Who asks for more than this is not waited for, also where a call has no deadline.
const mostAskedMs = 10_000;

/**
 * Makes attempts until one is answered, fails for good, or would come too late. Only what the contract calls safe is tried
 * again, and only at one hop: a method that is idempotent, or a request that carries a `request_id`. `attempt` gets the number of those before it.
 * @throws what the last attempt threw, or AppError for a signal that is aborted in between
 */
export async function withRetries<T>(attempt: (previous: number) => Promise<T>, options: RetryOptions): Promise<T> {
  for (let previous = 0; ; previous++)
    try {
      const answer = await attempt(previous);
      options.budget.answered();
      return answer;
    } catch (error) {
      if (!isAppError(error)) throw error;
      const pauseMs = findPauseMs(error, previous, options);
      if (pauseMs === undefined) {
        if (previous > 0) markSpent(error);
        throw error;
      }
      options.onRetry?.(error);
      await pause(pauseMs, undefined, { signal: options.signal }).catch(() => Promise.reject(toAbortError(options.signal)));
    }
}

/** How long to wait before the next attempt; undefined when there shall be none. */
function findPauseMs(error: AppError, previous: number, { method, findRequest, budget, deadline, signal }: RetryOptions): number | undefined {
  const isInProgress = error.reason === 'REQUEST_IN_PROGRESS' && error.code === 'ABORTED';
  if (error.code !== 'UNAVAILABLE' && !isInProgress) {
    if (error.kind === 'domain' && error.code !== 'RESOURCE_EXHAUSTED') budget.answered();
    return undefined;
  }
  const isInBudget = budget.failed();
  if (!method || method.requestStream || previous + 1 >= maxAttempts || !isInBudget || isSpent(error) || signal.aborted) return undefined;
  const request = findRequest();
  if (!request || !((method.idempotent && !isInProgress) || hasRequestId(method.descriptor.input, request))) return undefined;
  const asked = error.retryDelayMs ?? 0;
  // full jitter: callers that failed together do not come back together
  const pauseMs = asked + Math.random() * Math.min(firstPauseMs * 2 ** previous, longestPauseMs);
  return asked <= mostAskedMs && Date.now() + pauseMs + leastTimeMs < deadline ? pauseMs : undefined;
}
