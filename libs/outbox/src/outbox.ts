import type { AppError, ErrorOptions } from '@gatehouse/errors';
import type { Queryable } from '@gatehouse/postgres';
import { type History, findPosition, isSameHistory, toCursor } from './cursor';
import type { EventBatch, NewEvent, OutboxEvent } from './events';
import type { IdRanges } from './id-ranges';
import { adoptTables, appendEvents, deleteExpired, findLast, readEvents, readUnsettled } from './statements';

/** Changes of a service, told to others in the order of their commits. */
export interface Outbox {
  /** Appends events in the caller's transaction, by one statement: they are told if it commits. */
  append(tx: Queryable, events: readonly NewEvent[]): Promise<void>;
  /**
   * Where a follower begins that knows nothing yet: to be taken *before* the state that it begins with is read, by the primary, which
   * then holds all that is not told after it. What was committed in between is told too, so followers apply events idempotently.
   */
  currentCursor(db: Queryable): Promise<string>;
  /**
   * The events after a cursor, `limit` at most; without one from the oldest that is kept. What transactions append that began
   * before others ended comes once those have ended.
   * @throws cursorExpired() for a cursor after which events may be missing: the follower reads the state anew, from `currentCursor` on;
   * unavailable() by a standby
   */
  read(db: Queryable, after: string | undefined, limit: number, signal?: AbortSignal): Promise<EventBatch>;
  /**
   * Events that are committed, and that `read` does not tell yet: those of transactions that began while another one was open that still is,
   * in any database of the cluster. For followers to whom the order is no matter, and time is; `read` tells them again. More of them
   * may be committed later in any place, also before others. None of tables that came with a dump, until `read` has made them this cluster's.
   */
  readUnsettled(db: Queryable, page: UnsettledPage, signal?: AbortSignal): Promise<readonly OutboxEvent[]>;
  /**
   * Removes the events that are older than the retention, a batch a statement, until there are none or `signal` aborts; gives
   * how many. Of two at once one does nothing.
   */
  sweep(db: Queryable, signal?: AbortSignal): Promise<number>;
}

export interface UnsettledPage {
  /** The cursor of the event before; without one from the first on. */
  readonly after: string | undefined;
  /** The ids of those that are left out. */
  readonly except: IdRanges;
  readonly limit: number;
}

export interface OutboxOptions {
  /** The error of the contract for a follower that must begin anew. */
  readonly cursorExpired: (options?: ErrorOptions) => AppError;
  /** How long an event is kept at least, in milliseconds. Default: 7 days. */
  readonly retentionMs?: number;
  /** How many events a statement of a sweep removes at most. Default: 1000. */
  readonly batchSize?: number;
}

interface PlaceRow {
  readonly system: string;
  /** Eight hexadecimal digits. */
  readonly timeline: string;
  readonly is_own: boolean;
}

interface LastRow extends PlaceRow {
  readonly xid: string;
  readonly id: string;
  readonly create_time: Date;
}

/** One event, or one row without any. */
interface EventRow {
  readonly xid: string | null;
  readonly id: string;
  readonly create_time: Date;
  readonly subject: string | null;
  readonly type: string;
  readonly payload: Buffer;
}

interface ReadRow extends PlaceRow, EventRow {
  readonly is_known: boolean;
  readonly horizon_xid: string;
  readonly horizon_id: string;
  readonly horizon_time: Date;
}

const toHistory = ({ system, timeline }: PlaceRow): History => ({ system: BigInt(system), timeline: Number.parseInt(timeline, 16) });
const toPlace = (xid: string, id: string, createTime: Date) => ({ xid: BigInt(xid), id: BigInt(id), createTimeMs: BigInt(createTime.getTime()) });
const toEvents = (history: History, { xid, id, type, subject, payload, create_time: createTime }: EventRow): readonly OutboxEvent[] =>
  xid === null
    ? []
    : [{ type, ...(subject === null ? {} : { subject }), payload, createTime, cursor: toCursor({ ...history, ...toPlace(xid, id, createTime) }) }];
const adopt = (db: Queryable) => db.query({ name: 'adopt-outbox', text: adoptTables });

/** The outbox of a database that has `outboxMigrations`. */
export function createOutbox({ cursorExpired, retentionMs = 7 * 86_400_000, batchSize = 1_000 }: OutboxOptions): Outbox {
  const toExpired = (reason: string) => cursorExpired({ cause: new Error(`the cursor ${reason}`) });

  async function read(db: Queryable, after: string | undefined, limit: number, signal?: AbortSignal): Promise<EventBatch> {
    const position = after === undefined ? undefined : findPosition(after);
    if (after !== undefined && !position) throw toExpired('is none of this version');
    const values = [position?.xid.toString(), position?.id.toString(), position?.createTimeMs.toString(), limit];
    const rows = await db.query<ReadRow>({ name: 'read-outbox-events', text: readEvents, values, signal });
    const [first] = rows as [ReadRow];
    const history = toHistory(first);
    if (position && !(first.is_own && isSameHistory(position, history))) throw toExpired('is of another history of the database');
    // an event that is not there was removed, or was lost with a crash or with what came after a backup
    if (!first.is_known) throw toExpired('names an event that is not there');
    if (!first.is_own) {
      await adopt(db);
      return read(db, after, limit, signal);
    }
    const events = rows.flatMap((row) => toEvents(history, row));
    return { events, cursor: events.at(-1)?.cursor ?? after ?? toCursor({ ...history, ...toPlace(first.horizon_xid, first.horizon_id, first.horizon_time) }) };
  }

  return {
    async append(tx, events) {
      if (events.length === 0) return;
      const values = [
        events.map(({ type }) => type),
        events.map(({ subject }) => subject ?? null),
        events.map(({ payload }) => Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)),
      ];
      await tx.query({ name: 'append-outbox-events', text: appendEvents, values });
    },
    async currentCursor(db) {
      for (;;) {
        const [row] = (await db.query<LastRow>({ name: 'find-last-outbox-event', text: findLast })) as [LastRow];
        // The place of an event and not xmin: after a crash the server gives xids anew of which nothing had reached the disk.
        if (row.is_own) return toCursor({ ...toHistory(row), ...toPlace(row.xid, row.id, row.create_time) });
        await adopt(db);
      }
    },
    read,
    async readUnsettled(db, { after, except, limit }, signal) {
      const position = after === undefined ? undefined : findPosition(after);
      const values = [position?.xid.toString(), position?.id.toString(), except.toString(), limit];
      const rows = await db.query<PlaceRow & EventRow>({ name: 'read-unsettled-outbox-events', text: readUnsettled, values, signal });
      return rows.flatMap((row) => toEvents(toHistory(row), row));
    },
    async sweep(db, signal) {
      const statement = { name: 'delete-expired-outbox-events', text: deleteExpired, values: [retentionMs, batchSize] };
      for (let total = 0; ;) {
        const [row] = await db.query<{ count: number }>(statement);
        total += row?.count ?? 0;
        if ((row?.count ?? 0) < batchSize || signal?.aborted) return total;
      }
    },
  };
}
