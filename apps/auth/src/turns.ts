import { overloaded } from '@gatehouse/contracts/api';

/**
 * Runs work when its turn comes, first come first served.
 * @throws overloaded when too much is waiting already; the signal's reason when it aborts before the turn comes
 */
export type Turns = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;

/** How much runs and waits, and how much may run. */
export interface TurnsState {
  readonly running: number;
  readonly waiting: number;
  readonly concurrency: number;
}

/** What is told of turns. Times are milliseconds. */
export interface TurnsObserver {
  /** At the start, with what gives the state at any time. */
  open(state: () => TurnsState): void;
  waited(ms: number): void;
  worked(ms: number): void;
  refused(): void;
}

const retryDelayMs = 1_000;

/** Bounds how much runs at the same time, and how much waits for that. */
export function createTurns(concurrency: number, maxWaiting: number, observer?: TurnsObserver): Turns {
  const waiting = new Set<() => void>();
  let running = 0;
  observer?.open(() => ({ running, waiting: waiting.size, concurrency }));

  const enter = async (signal: AbortSignal | undefined): Promise<void> => {
    signal?.throwIfAborted();
    if (running < concurrency) {
      running++;
      return;
    }
    if (waiting.size >= maxWaiting) {
      observer?.refused();
      throw overloaded({ retryDelayMs });
    }
    await new Promise<void>((resolve, reject) => {
      const begin = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        waiting.delete(begin);
        reject(signal!.reason);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      waiting.add(begin);
    });
  };
  // the place goes from one to the next: whoever comes in between waits behind
  const leave = () => {
    const [next] = waiting;
    if (!next) {
      running--;
      return;
    }
    waiting.delete(next);
    next();
  };
  return async (work, signal) => {
    const asked = performance.now();
    await enter(signal);
    const begun = performance.now();
    observer?.waited(begun - asked);
    try {
      return await work();
    } finally {
      leave();
      observer?.worked(performance.now() - begun);
    }
  };
}
