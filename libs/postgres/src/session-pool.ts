import { unavailable } from '@gatehouse/contracts/api';
import { Pool, type PoolClient } from 'pg';
import { type DatabaseCertificates, toClientConfig } from './connection-tls';
import { type Session, execute } from './execute';
import { toAbortError, toAppError } from './sqlstate';
import type { ConstraintErrors, PoolStats, PostgresObserver, Statement } from './statement';

/** How a server is connected to. */
export interface ConnectionOptions {
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
   * prepared statements nor the limits of time and the costs that plans reckon with, which are then to be set for the role. Default: false.
   */
  isPooled?: boolean;
  observer?: PostgresObserver;
  constraints?: ConstraintErrors;
  /** After which the server itself cancels a statement. Default: 30 s. */
  statementTimeoutMs?: number;
  /** For a connection, new or from the pool. Default: 3 s. */
  connectTimeoutMs?: number;
}

// PostgreSQL reckons with disks that turn, and would rather walk through many rows than read a few here and there.
const planning = '-c random_page_cost=1.1';

/** Connections to one server, lent one at a time. */
export interface SessionPool {
  /**
   * Gives a connection to `use`, and takes it back unless it is spoilt.
   * @param abort ends the statements of the session
   * @param patience ends the wait for a connection; default: `abort`
   */
  withSession<T>(abort: AbortSignal | undefined, use: (session: Session) => Promise<T>, patience?: AbortSignal): Promise<T>;
  /** Tells the observer of a statement. */
  observe<T>(statement: Statement, run: () => Promise<T>): Promise<T>;
  /** The rows of one statement. */
  query<Row>(statement: Statement, abort: AbortSignal | undefined): Promise<Row[]>;
  stats(): PoolStats;
  /** Waits for what is running and closes every connection. */
  close(): Promise<void>;
}

/**
 * Makes a pool; connections are made when they are needed.
 * @param suffix of the pool's name to the observer, which is that of the database
 */
export function createSessionPool(options: ConnectionOptions, suffix = ''): SessionPool {
  const { constraints = {}, isPooled = false, observer, statementTimeoutMs = 30_000 } = options;
  const pool = new Pool({
    ...toClientConfig(options.url, options.certificates),
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 3_000,
    idleTimeoutMillis: 30_000,
    ...(isPooled ? {} : { statement_timeout: statementTimeoutMs, idle_in_transaction_session_timeout: 60_000, options: planning }),
    // where the server is not heard of any more, so that it cannot
    query_timeout: statementTimeoutMs + 5_000,
    keepAlive: true,
    max: options.poolSize ?? 10,
  });
  // A lost connection leaves the pool; who needs one next gets a new one, or the error. Without listeners the process would end.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const { hostname, port, pathname } = new URL(options.url);
  const observed = { database: decodeURIComponent(pathname.slice(1)), server: { address: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 5_432) } };
  const name = observed.database + suffix;
  const stats = (): PoolStats => ({ size: pool.totalCount, idle: pool.idleCount, max: pool.options.max, waiting: pool.waitingCount });
  observer?.openPool?.({ name, stats });

  async function acquire(patience: AbortSignal | undefined): Promise<PoolClient> {
    if (patience?.aborted) throw toAbortError(patience);
    const pending = pool.connect();
    try {
      return await (patience ? orAborted(pending, patience) : pending);
    } catch (error) {
      if (patience?.aborted) {
        pending.then(
          (client) => client.release(),
          () => {},
        );
        throw toAbortError(patience);
      }
      const reason = toAppError(error);
      // Nothing was sent yet.
      throw reason.code === 'UNAVAILABLE' ? unavailable({ cause: error, retryDelayMs: 1_000 }) : reason;
    }
  }

  const sessions: SessionPool = {
    async withSession(abort, use, patience = abort) {
      const take = () => acquire(patience);
      const client = await (observer?.acquire ? observer.acquire(name, take) : take());
      const session: Session = { client, constraints, isPrepared: !isPooled, signal: abort, spoilt: false };
      try {
        return await use(session);
      } finally {
        session.client.release(session.spoilt);
      }
    },
    observe: ({ name, text }, run) => (observer ? observer.query({ name, text, ...observed }, run) : run()),
    query: <Row>(statement: Statement, abort: AbortSignal | undefined) =>
      sessions.observe(statement, () => sessions.withSession(abort, async (session) => (await execute<Row>(session, statement)).rows)),
    stats,
    close: () => pool.end(),
  };
  return sessions;
}

function orAborted<T>(pending: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
