import type { WatchRevocationsResponse } from '@gatehouse/contracts/verifier';
import { isAppError } from '@gatehouse/errors';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';

export interface RevocationFeedOptions {
  /** WatchRevocations of VerifierService, after a cursor; '' for all that counts. */
  watch: (cursor: string, signal: AbortSignal) => AsyncIterable<WatchRevocationsResponse>;
  /** Is given each response, and applies it before it returns. */
  onResponse: (response: WatchRevocationsResponse) => void;
  /** VerifierService is of a release that does not know the method. */
  onUnknown: () => void;
  onError: (error: unknown) => void;
  /** A feed that is silent for so long is lost. Milliseconds. */
  silenceMs: number;
  /** How long after one failure it is tried again; the pause doubles with each. Milliseconds. */
  retryMs?: number;
  /** How long a VerifierService that does not know the method is left in peace, as it is replaced in a while. Milliseconds; 15,000 by default. */
  unknownRetryMs?: number;
}

export interface RevocationFeed {
  start(): void;
  close(): Promise<void>;
}

const longestPauseMs = 5_000;

/** Follows what is revoked, from where it was, whoever goes away: one stream for all of a process. */
export function createRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const { watch, onResponse, onUnknown, onError, silenceMs, retryMs = 100, unknownRetryMs = 15_000 } = options;
  const closing = new AbortController();
  const { signal } = closing;
  // not within the call that starts it
  const detached = AsyncLocalStorage.snapshot();
  let running = Promise.resolve();
  let cursor = '';

  const followOnce = async (onHeard: () => void) => {
    const silence = new AbortController();
    const timer = setTimeout(() => silence.abort(), silenceMs).unref();
    try {
      for await (const response of watch(cursor, AbortSignal.any([signal, silence.signal]))) {
        timer.refresh();
        onResponse(response);
        cursor = response.cursor;
        onHeard();
      }
    } catch (error) {
      if (!silence.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
    }
    if (silence.signal.aborted) throw new Error('the feed of revocations is silent');
  };

  const run = async () => {
    for (let failures = 0; !signal.aborted;) {
      let hasHeard = false;
      // nothing thrown: it ends by itself once in a while
      let error: unknown;
      try {
        await followOnce(() => (hasHeard = true));
      } catch (thrown) {
        error = thrown;
      }
      if (signal.aborted) return;
      failures = hasHeard ? 0 : failures + 1;
      if (isUnknownMethod(error)) {
        onUnknown();
        // one that told something is not far
        await rest(cursor ? Math.min(toPauseMs(failures), unknownRetryMs) : unknownRetryMs);
        continue;
      }
      // one that ends by itself, or since who serves it stops, is simply taken up again
      const isPlanned = hasHeard && (error === undefined || isAppError(error, 'UNAVAILABLE'));
      if (!isPlanned) onError(error ?? new Error('the feed of revocations ended before anything came'));
      await rest(toPauseMs(failures));
    }
  };
  const toPauseMs = (failures: number) => Math.min(retryMs * 2 ** Math.max(failures - 1, 0), longestPauseMs);
  // half of it by chance, so that not all processes come at once
  const rest = (ms: number) => pause(ms * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => {});

  return {
    start: () => void (running = detached(run)),
    async close() {
      closing.abort();
      await running;
    },
  };
}

const unimplemented = 12;

/** gRPC's own word for a method that is not there. */
const isUnknownMethod = (error: unknown): boolean => isAppError(error) && (error.cause as { code?: unknown } | undefined)?.code === unimplemented;
