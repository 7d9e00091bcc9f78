import type { AppError, ErrorOptions } from '@gatehouse/errors';

/** One SQL statement; it is prepared once a connection, under its name. */
export interface Statement {
  /** Unique to its text, kebab-case: `find-user-by-id`. */
  readonly name: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Cancels it, in place of the signal of the call in progress. A transaction has one for all of its statements. */
  readonly signal?: AbortSignal;
}

/** What statements can be put to: a database, or a transaction of one. */
export interface Queryable {
  /** The rows that the statement gives. Throws an AppError, by the table in `sqlstate.ts`. */
  query<Row>(statement: Statement): Promise<Row[]>;
}

/** What is told about each statement: a span and a duration can be made of it. `run` throws AppErrors whose cause is PostgreSQL's error. */
export interface PostgresObserver {
  query<T>(info: { name: string; text: string; database: string }, run: () => Promise<T>): Promise<T>;
  /** Around each wait for a connection of the pool, which is named after its database. */
  acquire?<T>(pool: string, run: () => Promise<T>): Promise<T>;
  /** Told of the pool when it is opened. */
  openPool?(pool: ObservedPool): void;
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
