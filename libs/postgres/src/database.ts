import { unavailable } from '@gatehouse/contracts/api';
import { Pool, type PoolClient } from 'pg';
import { type DatabaseCertificates, toClientConfig } from './connection-tls';
import { type Session, execute } from './execute';
import { toAbortError, toAppError } from './sqlstate';
import type { ConstraintErrors, PoolStats, PostgresObserver, Queryable, Statement } from './statement';
import { type TransactionOptions, runTransaction, withRetries } from './transaction';

/** A pool of connections to one database. */
export interface Database extends Queryable {
  /**
   * Runs `run` in a transaction, which is committed when it resolves and rolled back when it throws. Serialization failures
   * and deadlocks run it again, so it must have no effect but its statements; after some attempts they are `conflict()`.
   */
  transaction<T>(run: (tx: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Resolves when the database answers. */
  ping(signal?: AbortSignal): Promise<void>;
  /** A connection beside the pool, for checks that must not wait behind calls. */
  readonly probe: Queryable;
  stats(): PoolStats;
  /** Waits for what is running and closes every connection. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A server elsewhere than on this machine is spoken to over TLS, its name verified, unless the URL has another `sslmode`. */
  url: string;
  /** What is shown and believed where the URL names no files for that; new connections see them renewed. */
  certificates?: DatabaseCertificates;
  /** What pg_stat_activity shows. */
  applicationName: string;
  /** Connections at most. Default: 10. */
  poolSize?: number;
  /**
   * A pooler in transaction mode stands between: each transaction may have another session, so nothing is kept in one, neither
   * prepared statements nor the limits of time, which are then to be set for the role. Default: false.
   */
  isPooled?: boolean;
  observer?: PostgresObserver;
  constraints?: ConstraintErrors;
  /** Of the call in progress; once it is aborted, its SQL is cancelled. */
  signal?: () => AbortSignal | undefined;
  /** After which the server itself cancels a statement. Default: 30 s. */
  statementTimeoutMs?: number;
  /** For a connection, new or from the pool. Default: 3 s. */
  connectTimeoutMs?: number;
}

/** Opens a database; connections are made when they are needed, so it need not be there yet. */
export function createDatabase(options: DatabaseOptions): Database {
  const { constraints = {}, isPooled = false, observer, signal = () => undefined, statementTimeoutMs = 30_000 } = options;
  const settings = {
    ...toClientConfig(options.url, options.certificates),
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 3_000,
    idleTimeoutMillis: 30_000,
    ...(isPooled ? {} : { statement_timeout: statementTimeoutMs, idle_in_transaction_session_timeout: 60_000 }),
    // where the server is not heard of any more, so that it cannot
    query_timeout: statementTimeoutMs + 5_000,
    keepAlive: true,
  };
  const open = (max: number): Pool => {
    const opened = new Pool({ ...settings, max });
    // A lost connection leaves the pool; who needs one next gets a new one, or the error. Without listeners the process would end.
    opened.on('error', () => {});
    opened.on('connect', (client) => client.on('error', () => {}));
    return opened;
  };
  const pool = open(options.poolSize ?? 10);
  const probePool = open(1);
  const { hostname, port, pathname } = new URL(options.url);
  const observed = { database: decodeURIComponent(pathname.slice(1)), server: { address: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 5_432) } };
  const stats = (): PoolStats => ({ size: pool.totalCount, idle: pool.idleCount, max: pool.options.max, waiting: pool.waitingCount });
  observer?.openPool?.({ name: observed.database, stats });
  let closed: Promise<void> | undefined;

  const observe = <T>({ name, text }: Statement, run: () => Promise<T>): Promise<T> => (observer ? observer.query({ name, text, ...observed }, run) : run());

  async function acquire(abort: AbortSignal | undefined, from: Pool): Promise<PoolClient> {
    if (abort?.aborted) throw toAbortError(abort);
    const pending = from.connect();
    try {
      return await (abort ? orAborted(pending, abort) : pending);
    } catch (error) {
      if (abort?.aborted) {
        pending.then(
          (client) => client.release(),
          () => {},
        );
        throw toAbortError(abort);
      }
      const reason = toAppError(error);
      // Nothing was sent yet.
      throw reason.code === 'UNAVAILABLE' ? unavailable({ cause: error, retryDelayMs: 1_000 }) : reason;
    }
  }

  /** Gives a connection to `use`, and back to the pool unless it is spoilt. */
  async function withSession<T>(abort: AbortSignal | undefined, use: (session: Session) => Promise<T>, from = pool): Promise<T> {
    const take = () => acquire(abort, from);
    const client = await (from === pool && observer?.acquire ? observer.acquire(observed.database, take) : take());
    const session: Session = { client, constraints, isPrepared: !isPooled, signal: abort, spoilt: false };
    try {
      return await use(session);
    } finally {
      session.client.release(session.spoilt);
    }
  }

  const run = <Row>(statement: Statement, abort: AbortSignal | undefined, from?: Pool) =>
    withSession(abort, async (session) => (await execute<Row>(session, statement)).rows, from);
  const probe: Queryable = { query: (statement) => run(statement, statement.signal, probePool) };

  return {
    query: <Row>(statement: Statement) => observe(statement, () => run<Row>(statement, statement.signal ?? signal())),
    transaction: (work, transactionOptions = {}) => {
      const abort = signal();
      return withRetries(abort, () => withSession(abort, (session) => runTransaction(session, observe, work, transactionOptions)), observer?.retry);
    },
    probe,
    ping: async (signal) => void (await probe.query({ name: 'ping', text: 'select 1', signal })),
    stats,
    close: () => (closed ??= Promise.all([pool.end(), probePool.end()]).then(() => {})),
  };
}

function orAborted<T>(pending: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
