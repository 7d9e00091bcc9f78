/** What is told to followers. */
export interface NewEvent {
  /** What happened, from a closed set of the service: `user.suspended`. */
  readonly type: string;
  /** The id of what it happened to, a UUID. */
  readonly subject?: string;
  /** What a follower needs to know of it, as the service encodes it. Small: it is stored, read by each follower, and kept for days. */
  readonly payload: Uint8Array;
}

/** An event as followers read it. */
export interface OutboxEvent extends NewEvent {
  /** To go on after it. */
  readonly cursor: string;
  /** When it was appended, by the clock of the database; its transaction was committed later. */
  readonly createTime: Date;
}

/** What was read at once. */
export interface EventBatch {
  /** In the order of commits: those of one transaction stand together, in the order they were appended in. A batch may end between them. */
  readonly events: readonly OutboxEvent[];
  /** To go on after them; as it was, where there are none. */
  readonly cursor: string;
}

/**
 * The SQL that appends what a query gives, for statements that write many rows: the last part of a `with`, or one of its parts.
 *
 *     with written as (insert into users … returning id)
 *     ${insertEvents("select 'user.created' as type, id as subject, ''::bytea as payload from written")}
 *
 * @param query gives the columns `type` (text), `subject` (uuid or null) and `payload` (bytea); an `order by` of it is that of the events
 */
export const insertEvents = (query: string): string =>
  `insert into outbox_events (type, subject, payload) select type, subject, payload from (${query}) as happened`;
