import { createReplicaReads } from './replica';
import { createRowLoader, type RowLoader, type RowLoaderOptions } from './row-loader';
import { type ConnectionOptions, createSessionPool } from './session-pool';
import type { PoolStats, Queryable } from './statement';
import { type Transaction, type TransactionOptions, runTransaction, withRetries } from './transaction';

/** A pool of connections to one database. */
export interface Database extends Queryable {
  /**
   * Runs `run` in a transaction, which is committed when it resolves and rolled back when it throws. Serialization failures
   * and deadlocks run it again, so it must have no effect but its statements and what it puts off by `afterCommit`; after some attempts they
   * are `conflict()`.
   */
  transaction<T>(run: (tx: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * For statements that only read: a replica may answer them, and it has then replayed everything that was acknowledged before
   * the read began, to whomever. The primary answers where there is no replica, or it does not keep up.
   */
  readonly read: Queryable;
  /** Reads single rows by their key, those that are asked for at the same time by one statement of `read`. */
  createRowLoader<Row extends object>(options: DatabaseRowLoaderOptions<Row>): RowLoader<Row>;
  /** Resolves when the database answers. */
  ping(signal?: AbortSignal): Promise<void>;
  /** A connection beside the pool, for checks that must not wait behind calls. */
  readonly probe: Queryable;
  stats(): PoolStats;
  /** Waits for what is running and closes every connection. */
  close(): Promise<void>;
}

export interface DatabaseRowLoaderOptions<Row> extends Pick<RowLoaderOptions<Row>, 'keyOf' | 'maxKeys'> {
  /** Of the statement, kebab-case: `find-user-by-id`. */
  readonly name: string;
  /**
   * Its one parameter is the array of the keys: `select id, email from users where id = any((select $1::uuid[])::uuid[])`. In a subselect
   * it is planned once, for any number of keys; without, a plan for one key is cheaper than that, so that each is planned for itself.
   */
  readonly text: string;
}

export interface DatabaseOptions extends ConnectionOptions {
  /** Of a standby of the same cluster, by streaming replication, which `read` may be answered by. */
  readUrl?: string;
  /** How long a read waits for the replica to connect and to catch up before it goes to the primary, in milliseconds. Default: 50. */
  replicaWaitMs?: number;
  /** Of the call in progress; once it is aborted, its SQL is cancelled. */
  signal?: () => AbortSignal | undefined;
}

/** Opens a database; connections are made when they are needed, so it need not be there yet. */
export function createDatabase(options: DatabaseOptions): Database {
  const { observer, readUrl, replicaWaitMs = 50, signal = () => undefined } = options;
  const pool = createSessionPool(options);
  // of what a process asks by itself nothing is told
  const probePool = createSessionPool({ ...options, poolSize: 1, observer: undefined });
  const replicaPool = readUrl ? createSessionPool({ ...options, url: readUrl }, '-replica') : undefined;
  const ask: Queryable['query'] = (statement) => pool.query(statement, statement.signal ?? signal());
  const readFromReplica = replicaPool && createReplicaReads({ primary: pool, replica: replicaPool, waitMs: replicaWaitMs, onRoute: observer?.openReplica?.() });
  const read: Queryable = { query: readFromReplica ? (statement) => readFromReplica(statement, statement.signal ?? signal()) : ask };
  const probe: Queryable = { query: (statement) => probePool.query(statement, statement.signal) };
  let closed: Promise<void> | undefined;

  return {
    query: ask,
    read,
    createRowLoader: <Row extends object>({ name, text, ...rest }: DatabaseRowLoaderOptions<Row>) =>
      createRowLoader<Row>({
        ...rest,
        signal,
        observer: observer?.openRowLoader?.(name),
        load: (keys, abandoned) => read.query<Row>({ name, text, values: [keys], signal: abandoned }),
      }),
    transaction: (work, transactionOptions = {}) => {
      const abort = signal();
      const attempt = () => pool.withSession(abort, (session) => runTransaction(session, pool.observe, work, transactionOptions));
      return withRetries(abort, attempt, observer?.retry);
    },
    probe,
    ping: async (signal) => void (await probe.query({ name: 'ping', text: 'select 1', signal })),
    stats: pool.stats,
    close: () => (closed ??= Promise.all([pool.close(), probePool.close(), replicaPool?.close()]).then(() => {})),
  };
}
