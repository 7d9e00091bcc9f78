import { overloaded } from '@gatehouse/contracts/api';

/** Whose work it is, and how long it is worth doing. */
export interface Ticket {
  readonly signal?: AbortSignal;
  /** When it has to be done, in milliseconds since the epoch. */
  readonly deadline?: number;
  /** Who waits: of one alone only a part of the places is taken. */
  readonly key?: string;
  /** How many places the work takes, one by default. It begins as soon as one is free: the next ones wait for the others. */
  readonly places?: number;
}

/**
 * Runs work when its turn comes, first come first served.
 * @throws overloaded when too much is waiting already, by the same one or by all, or it would not be done by its deadline; the
 * signal's reason when it aborts before the turn comes
 */
export interface Turns {
  <T>(work: () => Promise<T>, ticket?: Ticket): Promise<T>;
  /** Whether there is a place now, for who has something else to do before. @throws overloaded */
  admit(ticket: Ticket): void;
}

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

export interface TurnsOptions {
  concurrency: number;
  maxWaiting: number;
  /** How much of what waits may have the same key; all of it by default. */
  maxWaitingOfOne?: number;
  observer?: TurnsObserver;
}

const retryDelayMs = 1_000;
// how much the last one counts in what work usually takes
const weight = 0.2;

/** Bounds how much runs at the same time, and how much waits for that. */
export function createTurns({ concurrency, maxWaiting, maxWaitingOfOne = maxWaiting, observer }: TurnsOptions): Turns {
  const waiting = new Map<() => void, Pick<Ticket, 'key'> & { readonly places: number }>();
  let running = 0;
  let usualMs = 0;
  observer?.open(() => ({ running, waiting: waiting.size, concurrency }));

  const isTooMuch = ({ deadline = Infinity, key }: Ticket): boolean => {
    if (waiting.size >= maxWaiting) return true;
    const others = [...waiting.values()];
    const before = others.reduce((sum, { places }) => sum + places, Math.max(0, running - concurrency));
    // itself as one place, whatever it takes: that is not to be told by a refusal
    if (Date.now() + ((before + 1) / concurrency + 1) * usualMs > deadline) return true;
    return key !== undefined && others.filter((other) => other.key === key).length >= maxWaitingOfOne;
  };
  const admit = (ticket: Ticket): void => {
    if (running < concurrency || !isTooMuch(ticket)) return;
    observer?.refused();
    throw overloaded({ retryDelayMs });
  };
  const enter = async (ticket: Ticket): Promise<void> => {
    const { signal, key, places = 1 } = ticket;
    signal?.throwIfAborted();
    if (running < concurrency) {
      running += places;
      return;
    }
    admit(ticket);
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
      waiting.set(begin, { key, places });
    });
  };
  // the place goes from one to the next: whoever comes in between waits behind
  const leave = ({ places = 1 }: Ticket) => {
    running -= places;
    for (const [next, taken] of waiting) {
      if (running >= concurrency) return;
      waiting.delete(next);
      running += taken.places;
      next();
    }
  };
  const inTurn = async <T>(work: () => Promise<T>, ticket: Ticket = {}): Promise<T> => {
    const asked = performance.now();
    await enter(ticket);
    const begun = performance.now();
    observer?.waited(begun - asked);
    try {
      return await work();
    } finally {
      leave(ticket);
      const workedMs = performance.now() - begun;
      usualMs += (workedMs - usualMs) * (usualMs ? weight : 1);
      observer?.worked(workedMs);
    }
  };
  return Object.assign(inTurn, { admit });
}
