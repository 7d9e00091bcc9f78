import type { AppError, ErrorOptions } from '@gatehouse/errors';

/** One SQL statement; it is prepared once a connection, under its name, unless a pooler stands between. */
export interface Statement {
  /** Unique to its text, kebab-case: `find-user-by-id`. */
  readonly name: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Default: true. False where the text is made for each request, as of filters: the connection would keep every one, and the name may stand for several. */
  readonly isPrepared?: boolean;
  /** Cancels it, in place of the signal of the call in progress. A transaction has one for all of its statements. */
  readonly signal?: AbortSignal;
}

/** What statements can be put to: a database, or a transaction of one. */
export interface Queryable {
  /** The rows that the statement gives. Throws an AppError, by the table in `sqlstate.ts`. */
  query<Row>(statement: Statement): Promise<Row[]>;
}

/** A statement as an observer sees it, and where it goes. */
export interface ObservedStatement {
  readonly name: string;
  readonly text: string;
  readonly database: string;
  readonly server?: { readonly address: string; readonly port: number };
}

/** What is told about each statement: a span and a duration can be made of it. `run` throws AppErrors whose cause is PostgreSQL's error. */
export interface PostgresObserver {
  query<T>(statement: ObservedStatement, run: () => Promise<T>): Promise<T>;
  /** Told of each attempt of a transaction that failed and that another one follows, counted from 1. */
  retry?(failed: { attempt: number; error: unknown }): void;
  /** Around each wait for a connection of the pool, which is named after its database. */
  acquire?<T>(pool: string, run: () => Promise<T>): Promise<T>;
  /** Told of the pool when it is opened. */
  openPool?(pool: ObservedPool): void;
  /** Told of each loader of rows that is made, by its name; gives what watches it. */
  openRowLoader?(name: string): RowLoaderObserver;
  /** Told that there is a replica; gives what is told of each read that it might answer. */
  openReplica?(): (route: ReadRoute) => void;
}

/** What is told about reads of single rows, and the batches that answer them. */
export interface RowLoaderObserver {
  /** Around each read, in the context of its caller; `run` takes what `batch` is to know it by. */
  read<T>(run: (read: BatchedRead) => Promise<T>): Promise<T>;
  /** Around each batch, in the context of nobody; `reads` are those that it answers. */
  batch<T>(reads: readonly BatchedRead[], run: () => Promise<T>): Promise<T>;
}

/** What an observer knows a read of a batch by; its own affair. */
export type BatchedRead = unknown;

/**
 * Who answered a read: the replica; or the primary, since the replica is behind, away, no standby, of another cluster or another
 * timeline (after a failover), or since the primary did not say where it is.
 */
export type ReadWay = 'replica' | 'stale' | 'down' | 'promoted' | 'other_cluster' | 'other_timeline' | 'position_unknown';

export interface ReadRoute {
  readonly way: ReadWay;
  /** How much the replica had yet to replay as it was last asked; undefined where it was not. */
  readonly lagBytes?: number;
  /** Why the replica is down, or the position unknown. */
  readonly error?: unknown;
}

/** A pool as it can be asked about at any time. */
export interface ObservedPool {
  readonly name: string;
  readonly stats: () => PoolStats;
}

export interface PoolStats {
  /** Connections that there are, those of them that are idle, and as many as there may be. */
  readonly size: number;
  readonly idle: number;
  readonly max: number;
  /** Calls that wait for one. */
  readonly waiting: number;
}

/** The error that breaking a constraint means to the caller, by the constraint's name. */
export type ConstraintErrors = Readonly<Record<string, (options?: ErrorOptions) => AppError>>;
