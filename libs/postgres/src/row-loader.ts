import { AsyncLocalStorage } from 'node:async_hooks';
import { cancelled } from '@gatehouse/contracts/api';
import { AppError, isAppError } from '@gatehouse/errors';
import { toAbortError } from './sqlstate';
import type { BatchedRead, RowLoaderObserver } from './statement';

/** Reads rows by their key; what is asked for at the same time is one statement. */
export interface RowLoader<Row> {
  /**
   * The row of a key, undefined where there is none. Whoever asks has been authorised: rows are given to all alike. It is as it was
   * committed when this read began, or later. Readers of one key share the row, so it is not to be changed.
   * @param signal ends the wait of this reader alone; default: that of the call in progress
   * @throws AppError, one of its own for each reader
   */
  load(key: string, signal?: AbortSignal): Promise<Readonly<Row> | undefined>;
}

export interface RowLoaderOptions<Row> {
  /** Asks for the rows of keys, each of them there once. `signal` aborts when nobody waits for them any more. */
  readonly load: (keys: readonly string[], signal: AbortSignal) => Promise<readonly Row[]>;
  /** The key of a row, written as readers write it: of a UUID, in lower case. */
  readonly keyOf: (row: Row) => string;
  readonly signal?: () => AbortSignal | undefined;
  readonly observer?: RowLoaderObserver;
  /** Keys of one statement at most. Default: 128. */
  readonly maxKeys?: number;
  /** Statements at a time; what comes while they run is the next one. Default: 2. */
  readonly maxInFlight?: number;
}

interface Reader<Row> {
  readonly key: string;
  readonly read: BatchedRead;
  readonly resolve: (row: Row | undefined) => void;
  readonly reject: (error: unknown) => void;
  /** Waits no longer. */
  leave: () => void;
}

/**
 * Makes a loader. One that is idle sends at the end of the turn of the event loop; a busy one as soon as a statement has ended. A
 * read never joins a statement that was sent before it began, since that would not see what was committed meanwhile.
 */
export function createRowLoader<Row>(options: RowLoaderOptions<Row>): RowLoader<Row> {
  const { load, keyOf, observer, signal: currentSignal = () => undefined, maxKeys = 128, maxInFlight = 2 } = options;
  // A batch is part of nobody's call: the deadline, the trace and the principal of who came first are not those of the others.
  const outside = AsyncLocalStorage.snapshot();
  const queue = new Set<Reader<Row>>();
  let inFlight = 0;
  let isDue = false;

  function join(key: string, signal: AbortSignal | undefined, read: BatchedRead): Promise<Row | undefined> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reader.leave();
        reject(toAbortError(signal!));
      };
      const settle = () => signal?.removeEventListener('abort', onAbort);
      const reader: Reader<Row> = {
        key,
        read,
        resolve: (row) => (settle(), resolve(row)),
        reject: (error) => (settle(), reject(error)),
        leave: () => queue.delete(reader),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.add(reader);
      if (isDue || inFlight >= maxInFlight) return;
      isDue = true;
      outside(setImmediate, send);
    });
  }

  function send(): void {
    isDue = false;
    while (queue.size && inFlight < maxInFlight) void run(take());
  }

  function take(): Set<Reader<Row>> {
    const taken = new Set<Reader<Row>>();
    const keys = new Set<string>();
    for (const reader of queue) {
      if (keys.size === maxKeys && !keys.has(reader.key)) continue;
      keys.add(reader.key);
      taken.add(reader);
      queue.delete(reader);
    }
    return taken;
  }

  async function run(readers: Set<Reader<Row>>): Promise<void> {
    inFlight++;
    const abandoned = new AbortController();
    for (const reader of readers)
      reader.leave = () => {
        readers.delete(reader);
        if (!readers.size) abandoned.abort(cancelled());
      };
    const all = [...readers];
    const work = () => answer(all, abandoned.signal);
    await (observer
      ? observer.batch(
          all.map(({ read }) => read),
          work,
        )
      : work());
    inFlight--;
    send();
  }

  async function answer(readers: readonly Reader<Row>[], signal: AbortSignal): Promise<void> {
    const keys = [...new Set(readers.map(({ key }) => key))];
    try {
      const rows = new Map((await load(keys, signal)).map((row) => [keyOf(row), row]));
      for (const { key, resolve } of readers) resolve(rows.get(key));
    } catch (error) {
      if (!isAppError(error, 'VALIDATION_FAILED') || keys.length === 1) return readers.forEach(({ reject }) => reject(toOwnError(error)));
      // PostgreSQL does not say which key it cannot read: that one's readers are to fail, and not those of all others.
      const half = new Set(keys.slice(0, keys.length / 2));
      for (const isFirst of [true, false])
        await answer(
          readers.filter(({ key }) => half.has(key) === isFirst),
          signal,
        );
    }
  }

  return {
    async load(key, signal = currentSignal()) {
      if (signal?.aborted) throw toAbortError(signal);
      return observer ? observer.read((read) => join(key, signal, read)) : join(key, signal, undefined);
    },
  };
}

/** The error of a batch as one of its readers gets it: what is made of it for one, such as an id in the log, is not made for all. */
const toOwnError = (error: unknown): unknown =>
  isAppError(error) ? new AppError({ ...error, message: error.message, cause: error.cause, metadata: { ...error.metadata } }) : error;
