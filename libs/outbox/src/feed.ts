import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, isAppError } from '@gatehouse/errors';
import type { Database } from '@gatehouse/postgres';
import { findPosition, type Position } from './cursor';
import type { EventBatch, OutboxEvent } from './events';
import { createIdRanges, type IdRanges } from './id-ranges';
import type { Outbox } from './outbox';
import { findNews, findUnsettledNews } from './statements';

export interface FeedBatch extends EventBatch {
  /** With it everything is told that could be read just now. */
  readonly isLast: boolean;
}

/** The events as they come, for any number of followers in a process. */
export interface Feed {
  /**
   * Batches of events after a cursor: the first at once, empty where there is nothing new, then as they come, and an empty one after
   * each `heartbeatMs` without any, and after a full one that was the last. Without a database it waits in silence and goes on where it
   * was. Ends when `signal` aborts. The next batch is read when it is asked for.
   * @throws cursorExpired() as `Outbox.read`, also in midstream, after a failover
   */
  follow(cursor: string | undefined, signal: AbortSignal): AsyncGenerator<FeedBatch, void, undefined>;
}

export interface FeedOptions {
  /** Of what a feed reads, `probe` is what it looks for news with. */
  readonly database: Pick<Database, 'query' | 'probe'>;
  readonly outbox: Outbox;
  /** How often is looked for something new while there are followers, in milliseconds. Default: 100. */
  readonly pollMs?: number;
  /**
   * Tells events as soon as they are committed, also before those that it is not known of yet whether they come, and then once alone unless a follower
   * goes on from a cursor, or `maxGaps` is exceeded. For whom the order is no matter, and time is: no transaction that stays open holds anything back.
   */
  readonly isEager?: boolean;
  /**
   * Of those that an eager follower was told before their turn the ids are kept, as ranges: more than so many gaps between them, and it is told
   * all of them again at each read. Default: 10,000, about 1 MB.
   */
  readonly maxGaps?: number;
  /** Default: 5 s. */
  readonly heartbeatMs?: number;
  /** Events of a batch at most, of which a follower holds one. Default: 500. */
  readonly batchSize?: number;
  /**
   * Told at each look, in seconds, how old the oldest event is that a follower here has not taken the batch of yet; 0 where there
   * is none. It grows with a follower that is slow, and while any transaction of the cluster that began before stays open.
   */
  readonly onLag?: (seconds: number) => void;
  /** Told of each look and each read that failed and is tried again, and when there are more gaps than `maxGaps`. */
  readonly onError?: (error: unknown) => void;
}

interface Follower {
  /** Up to where it has taken batches. */
  position: Position | undefined;
  hasNews: boolean;
  /** Of those that were told before their turn. */
  readonly told: IdRanges;
  /** Up to where it was told, in this round, what is not settled; none where a round begins. */
  unsettledCursor: string | undefined;
  /** Ends its pause. */
  wake: () => void;
}

interface NewsRow {
  readonly xid: string | null;
  readonly id: string | null;
  readonly lag_seconds: number | null;
  /** Of those that are not settled, where it is asked for. */
  readonly count?: number;
  readonly last?: string | null;
}

const maxPauseMs = 5_000;
const passing: ReadonlySet<ErrorCode> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'ABORTED', 'RESOURCE_EXHAUSTED'] as const);
const origin = { xid: 0n, id: 0n };
const toId = ({ cursor }: OutboxEvent) => findPosition(cursor)!.id;

/**
 * Makes the feed of an outbox. It asks again and again, by one small statement a process. LISTEN and NOTIFY would not do: behind a
 * pooler in transaction mode no session listens, and commits that notify wait for each other.
 */
export function createFeed(options: FeedOptions): Feed {
  const { database, outbox, isEager = false, pollMs = 100, heartbeatMs = 5_000, batchSize = 500, maxGaps = 10_000 } = options;
  const { onLag = () => {}, onError = () => {} } = options;
  const followers = new Set<Follower>();
  // what it tells is told outside of all calls, not as of the first follower's
  const detached = AsyncLocalStorage.snapshot();
  let isPolling = false;

  /** The place of the last event that can be read; tells the lag. */
  async function look(): Promise<string> {
    const positions = [...followers].map(({ position }) => position ?? origin);
    const slowest = positions.reduce(
      (one, other) => (one.xid < other.xid || (one.xid === other.xid && one.id < other.id) ? one : other),
      positions[0] ?? origin,
    );
    // beside the pool, where it waits for no call
    const statement = isEager ? { name: 'find-unsettled-outbox-news', text: findUnsettledNews } : { name: 'find-outbox-news', text: findNews };
    const [row] = await database.probe.query<NewsRow>({ ...statement, values: [slowest.xid.toString(), slowest.id.toString()] });
    onLag(Math.max(row?.lag_seconds ?? 0, 0));
    return `${row?.xid} ${row?.id} ${row?.count} ${row?.last}`;
  }

  async function poll(): Promise<void> {
    let last: string | undefined;
    for (let failures = 0; followers.size > 0; await sleep(toPauseMs(failures), undefined, { ref: false })) {
      try {
        const next = await look();
        failures = 0;
        if (next === last) continue;
        last = next;
        for (const follower of followers) {
          follower.hasNews = true;
          follower.wake();
        }
      } catch (error) {
        failures++;
        onError(error);
      }
    }
    isPolling = false;
    onLag(0);
  }

  // Half of it by chance, so that the processes do not all ask a database at once that has just come back.
  const toPauseMs = (failures: number) => (failures === 0 ? pollMs : Math.min(pollMs * 2 ** failures, maxPauseMs) * (0.5 + Math.random() / 2));

  function enter(follower: Follower): void {
    followers.add(follower);
    if (isPolling) return;
    isPolling = true;
    detached(() => void poll());
  }

  /**
   * What comes after a cursor, and what is not settled. That is gone through in rounds from the first on, as more may be committed in any
   * place; and read first, so that what is settled meanwhile is in both rather than in neither.
   */
  async function readOnce(cursor: string | undefined, follower: Follower, signal: AbortSignal): Promise<FeedBatch> {
    const { told, unsettledCursor: after } = follower;
    const unsettled = isEager ? await outbox.readUnsettled(database, { after, except: told, limit: batchSize }, signal) : [];
    const batch = await outbox.read(database, cursor, batchSize, signal);
    const isLast = batch.events.length < batchSize;
    if (!isEager) return { ...batch, isLast };
    for (const event of unsettled) told.add(toId(event));
    const settled = batch.events.filter((event) => !told.delete(toId(event)));
    follower.unsettledCursor = unsettled.length < batchSize ? undefined : unsettled.at(-1)!.cursor;
    if (told.count() > maxGaps) {
      told.clear();
      onError(new Error(`more than ${maxGaps} gaps between events told before their turn: they are told again until the oldest transaction ends`));
    }
    return { events: [...settled, ...unsettled], cursor: batch.cursor, isLast: isLast && !follower.unsettledCursor };
  }

  async function readOn(cursor: string | undefined, follower: Follower, signal: AbortSignal): Promise<FeedBatch | undefined> {
    for (let failures = 1; !signal.aborted; failures++)
      try {
        return await readOnce(cursor, follower, signal);
      } catch (error) {
        if (signal.aborted) break;
        if (!isAppError(error) || !passing.has(error.code)) throw error;
        onError(error);
        await sleep(toPauseMs(failures), undefined, { signal, ref: false }).catch(() => {});
      }
    return undefined;
  }

  return {
    async *follow(from, signal) {
      const position = from === undefined ? undefined : findPosition(from);
      const follower: Follower = { position, hasNews: false, told: createIdRanges(), unsettledCursor: undefined, wake: () => {} };
      let cursor = from;
      enter(follower);
      try {
        for (let dueAt = 0; ;) {
          // before the read, so that what comes during it is not slept through; a round goes on after what it has read
          if (!follower.unsettledCursor) follower.hasNews = false;
          const batch = await readOn(cursor, follower, signal);
          if (!batch) return;
          cursor = batch.cursor;
          if (batch.events.length > 0 || performance.now() >= dueAt) {
            yield batch;
            dueAt = performance.now() + heartbeatMs;
          }
          follower.position = findPosition(cursor);
          if (batch.isLast) await pause(follower, Math.ceil(dueAt - performance.now()), signal);
          // after a full batch it is told at once that there was no more
          else dueAt = 0;
        }
      } finally {
        followers.delete(follower);
      }
    },
  };
}

/** Waits for news, `ms` milliseconds at most. */
function pause(follower: Follower, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (follower.hasNews || signal.aborted) return resolve();
    follower.wake = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', follower.wake);
      resolve();
    };
    const timer = setTimeout(follower.wake, ms).unref();
    signal.addEventListener('abort', follower.wake);
  });
}
