import { setTimeout as sleep } from 'node:timers/promises';
import { internal } from '@gatehouse/contracts/api';
import { type Session, execute } from './execute';
import { findSqlState, toAbortError } from './sqlstate';
import type { PostgresObserver, Queryable, Statement } from './statement';

/** A transaction of a database. */
export interface Transaction extends Queryable {
  /**
   * Puts off until it is committed what cannot be undone, such as a line in a log: done once then, in the order it was put off in, and never
   * for an attempt that is not committed. It must not throw.
   */
  afterCommit(effect: () => void): void;
}

export interface TransactionOptions {
  /** Default: `read committed`. */
  isolation?: 'read committed' | 'repeatable read' | 'serializable';
  /** It writes nothing. Default: false. */
  isReadOnly?: boolean;
  /** What it does is undone at its end, and its result given all the same: that of a preview. Default: false. */
  isRolledBack?: boolean;
  /** The id of a snapshot that another open transaction exports (`pg_export_snapshot`), to see what that one sees; needs `repeatable read` or above. */
  snapshot?: string;
}

const maxAttempts = 6;
const maxPauseMs = 250;

/** Runs `attempt` again, after a random pause, when it fails because of a concurrent transaction. `onRetry` is told of each that failed so. */
export async function withRetries<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>, onRetry?: PostgresObserver['retry']): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      const state = findSqlState(error);
      if (count === maxAttempts || (state !== '40001' && state !== '40P01')) throw error;
      onRetry?.({ attempt: count, error });
      // Transactions that met once would, after equal pauses, meet again.
      await pause(Math.random() * Math.min(10 * 2 ** count, maxPauseMs), signal);
    }
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw signal?.aborted ? toAbortError(signal) : error;
  }
}

/** One attempt of a transaction on a connection. */
export async function runTransaction<T>(
  session: Session,
  observe: <R>(statement: Statement, run: () => Promise<R>) => Promise<R>,
  work: (tx: Transaction) => Promise<T>,
  { isolation = 'read committed', isReadOnly = false, isRolledBack = false, snapshot }: TransactionOptions,
): Promise<T> {
  const run = <Row>(statement: Statement) => observe(statement, () => execute<Row>(session, statement));
  // One connection runs one statement at a time, whatever the work does in parallel.
  let last: Promise<unknown> = Promise.resolve();
  let ended = false;
  const requireOpen = (what: string) => {
    if (ended) throw internal({ cause: new Error(`${what}: its transaction has ended`) });
  };
  const effects: (() => void)[] = [];
  const tx: Transaction = {
    query: async <Row>(statement: Statement) => {
      requireOpen(statement.name);
      const next = last.then(() => run<Row>(statement));
      last = next.catch(() => {});
      return (await next).rows;
    },
    afterCommit(effect) {
      requireOpen('what is put off until after the commit');
      effects.push(effect);
    },
  };
  const mode = isReadOnly ? ' read only' : '';
  await run({ name: `begin-${isolation}${mode}`.replaceAll(' ', '-'), text: `begin isolation level ${isolation}${mode}` });
  let result: T;
  try {
    if (snapshot !== undefined) await importSnapshot(session, observe, snapshot);
    result = await work(tx);
    ended = true;
    await last;
    if (isRolledBack) {
      await rollback(session);
      return result;
    }
    const { command } = await run({ name: 'commit', text: 'commit' });
    // PostgreSQL answers the commit of a failed transaction by rolling it back, without an error.
    if (command !== 'COMMIT') throw internal({ cause: new Error('an error of a statement was caught, and its transaction committed') });
  } catch (error) {
    ended = true;
    await last;
    await rollback(session);
    throw error;
  }
  for (const effect of effects) effect();
  return result;
}

// The command takes no parameter, so that each snapshot makes a text of its own: none is prepared, and none observed but as one.
async function importSnapshot(session: Session, observe: Parameters<typeof runTransaction>[1], snapshot: string): Promise<void> {
  if (!/^[0-9A-F-]{1,64}$/.test(snapshot)) throw new RangeError('a snapshot has an id such as 00000003-0000001B-1');
  const observed = { name: 'set-transaction-snapshot', text: 'set transaction snapshot' };
  const { client, constraints, signal } = session;
  const unprepared: Session = { client, constraints, signal, isPrepared: false, spoilt: false };
  try {
    await observe(observed, () => execute(unprepared, { ...observed, text: `set transaction snapshot '${snapshot}'` }));
  } finally {
    session.spoilt ||= unprepared.spoilt;
  }
}

// A connection that cannot be rolled back is closed, and its transaction with it.
async function rollback(session: Session): Promise<void> {
  if (session.spoilt) return;
  try {
    await session.client.query('rollback');
  } catch {
    session.spoilt = true;
  }
}
