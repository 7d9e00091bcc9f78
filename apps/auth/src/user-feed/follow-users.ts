import type { WatchUserChangesResponse } from '@gatehouse/contracts/user';
import { isAppError } from '@gatehouse/errors';
import type { Database, Queryable } from '@gatehouse/postgres';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { applyUserChanges } from './apply-user-changes';
import type { UserFeedObserver } from '../events';
import type { People } from '../people';
import { beginToFollow, holdCursor, keepPlace, noteResync, storeCursor, takePlace } from '../postgres/user-feed-repository';
import { resyncUsers } from './resync-users';

export interface FollowerOptions {
  database: Database;
  /** Of one connection, which the process that follows keeps as long as it does. */
  placeDatabase: Database;
  people: Pick<People, 'watchChanges' | 'findByIds'>;
  observer: UserFeedObserver;
}

export interface Follower {
  start(): void;
  /** Resolves when what is being applied is applied. */
  close(): Promise<void>;
}

// How long after one failure, and after many, it is tried again, and how often who does not follow asks for the place. Milliseconds.
const firstPauseMs = 250;
const longestPauseMs = 5_000;
const placePauseMs = 1_000;
// A feed that is silent for so long is lost: it has a heartbeat each five seconds. Milliseconds.
const silenceMs = 20_000;

/**
 * Follows what happens to people in `user`, in one process of all that share a database: the one whose transaction holds the place, until
 * it ends or its connection does. The cursor is committed together with what came before it, so that nothing is applied
 * twice or left out, whoever crashes. A first start, or a cursor that is too old, has everybody compared, after a new cursor was taken.
 */
export function createUserFollower({ database, placeDatabase, people, observer }: FollowerOptions): Follower {
  const follower = randomUUID();
  const closing = new AbortController();
  const { signal } = closing;
  let running = Promise.resolve();

  /** Applies what a response tells, and notes the cursor with it. */
  const apply = ({ changes, cursor }: WatchUserChangesResponse) =>
    database.transaction(async (tx) => {
      await holdCursor(tx, follower);
      await applyUserChanges(tx, changes);
      await storeCursor(tx, cursor);
    });

  /** The cursor of now, to be gone on from once everybody was compared. */
  const takeCursor = async (): Promise<string> => {
    for await (const { cursor } of listen(people, '', signal)) return cursor;
    throw new Error('the feed of user ended without a cursor');
  };

  const resync = async (place: Queryable): Promise<string> => {
    const cursor = await takeCursor();
    observer.heard();
    const findings = await resyncUsers({
      database,
      people,
      follower,
      onPage: async () => {
        signal.throwIfAborted();
        await keepPlace(place);
        observer.heard();
      },
    });
    await database.transaction(async (tx) => {
      await holdCursor(tx, follower);
      await noteResync(tx);
      await storeCursor(tx, cursor);
    });
    observer.resynced(findings);
    return cursor;
  };

  /** Follows as long as the stream goes on. */
  const followOnce = async (place: Queryable, onHeard: () => void): Promise<void> => {
    let cursor = (await beginToFollow(database, follower)) ?? (await resync(place));
    for (;;)
      try {
        for await (const response of listen(people, cursor, signal)) {
          await keepPlace(place);
          if (response.cursor !== cursor) await apply(response);
          cursor = response.cursor;
          observer.applied(response.changes);
          observer.heard();
          onHeard();
        }
        return;
      } catch (error) {
        if (!isAppError(error, 'CURSOR_EXPIRED')) throw error;
        cursor = await resync(place);
      }
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted;) {
      let hasHeard = false;
      try {
        const isOurs = await placeDatabase.transaction(async (place) => {
          if (!(await takePlace(place))) return false;
          await followOnce(place, () => (hasHeard = true));
          return true;
        });
        failures = 0;
        // another one follows
        if (!isOurs) observer.heard();
        await rest(isOurs ? firstPauseMs : placePauseMs);
      } catch (error) {
        if (signal.aborted) return;
        failures = hasHeard ? 0 : failures + 1;
        if (!isPlannedEnd(error) || !hasHeard) observer.lost(error);
        await rest(Math.min(firstPauseMs * 2 ** failures, longestPauseMs));
      }
    }
  };
  // half of it by chance, so that not all processes come at once
  const rest = (ms: number) => pause(ms * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => {});

  return {
    start: () => void (running = run()),
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** A stream ends with its token, which lives for a minute, by its age, and when the process that serves it stops: it is simply taken up again. */
const isPlannedEnd = (error: unknown): boolean => isAppError(error, 'TOKEN_EXPIRED') || isAppError(error, 'UNAVAILABLE');

/** The feed after a cursor. @throws Error when it is silent for too long */
async function* listen(people: Pick<People, 'watchChanges'>, cursor: string, signal: AbortSignal): AsyncGenerator<WatchUserChangesResponse> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silenceMs).unref();
  try {
    for await (const response of people.watchChanges(cursor, AbortSignal.any([signal, silence.signal]))) {
      timer.refresh();
      yield response;
    }
  } catch (error) {
    throw silence.signal.aborted ? new Error('the change feed of user is silent', { cause: error }) : error;
  } finally {
    clearTimeout(timer);
  }
}
