import { toRevocationHash } from '@gatehouse/access';
import type { Revocation, WatchRevocationsResponse } from '@gatehouse/contracts/verifier';
import { declareError, isAppError } from '@gatehouse/errors';
import { createFeed, createOutbox, type Outbox, type OutboxEvent } from '@gatehouse/outbox';
import type { Database, Queryable } from '@gatehouse/postgres';

export interface RevocationLogOptions {
  database: Database;
  /** Of one connection, so that what is told waits for no call. */
  logDatabase: Queryable;
  /** How long an access token is valid, in seconds. */
  accessTokenSeconds: number;
  /** How old the oldest is that somebody here has not taken yet, in seconds. */
  onLag?: (seconds: number) => void;
  onError?: (error: unknown) => void;
}

/** What was revoked of the tokens that may still be valid. */
export interface RevocationLog {
  /**
   * What comes after a cursor, and once in a while word that there is nothing. Without a cursor, or with one that cannot be gone on from, all
   * that counts comes first. Ends when `signal` aborts.
   */
  watch(cursor: string, signal: AbortSignal): AsyncGenerator<WatchRevocationsResponse, void, undefined>;
  /** Removes what counts no more. */
  sweep: (signal?: AbortSignal) => ReturnType<Outbox['sweep']>;
}

// clocks that differ, and a token that is signed while its session ends. Milliseconds.
const marginMs = 60_000;
// how long what counts no more is kept for cursors that are a little old. Milliseconds.
const keptMs = 600_000;
const heartbeatMs = 2_500;
const batchSize = 500;

// answered by all that there is, and told to nobody
const cursorExpired = declareError({
  code: 'OUT_OF_RANGE',
  reason: 'CURSOR_EXPIRED',
  domain: 'auth',
  title: 'Cursor expired',
  message: 'the cursor is none that can be gone on from',
  retry: 'never',
  metadata: [],
});

/** The log of what was revoked, as the triggers of `sessions` and others write it. */
export function createRevocationLog({ database, logDatabase, accessTokenSeconds, onLag, onError }: RevocationLogOptions): RevocationLog {
  const countsMs = accessTokenSeconds * 1_000 + marginMs;
  const outbox = createOutbox({ cursorExpired, retentionMs: countsMs + keptMs });
  const feed = createFeed({ database: { query: logDatabase.query, probe: database.probe }, outbox, isEager: true, heartbeatMs, batchSize, onLag, onError });
  return {
    async *watch(after, signal) {
      for (let from = after || undefined; ;)
        try {
          for await (const { events, cursor, isLast } of feed.follow(from, signal)) {
            from = cursor;
            yield { revocations: events.flatMap((event) => toRevocation(event, countsMs) ?? []), cursor, isCurrent: isLast };
          }
          return;
        } catch (error) {
          if (!isAppError(error, 'CURSOR_EXPIRED')) throw error;
          from = undefined;
        }
    },
    sweep: (signal) => outbox.sweep(database, signal),
  };
}

function toRevocation(event: OutboxEvent, countsMs: number): Revocation | undefined {
  const expireTime = new Date(event.createTime.getTime() + countsMs);
  const subject = toSubject(event);
  return subject && expireTime.getTime() > Date.now() ? { subject, time: event.createTime, expireTime } : undefined;
}

function toSubject({ type, subject, payload }: OutboxEvent): Revocation['subject'] {
  const text = () => Buffer.from(payload).toString();
  switch (type) {
    case 'session':
      return { $case: 'sessionHash', value: toRevocationHash(subject!) };
    case 'person':
      return { $case: 'personHash', value: toRevocationHash(subject!) };
    case 'role':
      return { $case: 'roleId', value: text() };
    case 'key':
      return { $case: 'keyId', value: text() };
    default:
      // of a later release: more than it means, and never less
      return { $case: 'everybody', value: {} };
  }
}
