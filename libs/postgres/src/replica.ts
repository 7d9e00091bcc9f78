import { setTimeout as pause } from 'node:timers/promises';
import { unavailable } from '@gatehouse/contracts/api';
import { isAppError } from '@gatehouse/errors';
import { execute } from './execute';
import { createRowLoader } from './row-loader';
import type { SessionPool } from './session-pool';
import { toAbortError } from './sqlstate';
import type { ReadRoute, ReadWay, Statement } from './statement';
import { findPosition, findStanding, judge, type Position, type PositionRow, type StandingRow, toPosition, toStanding } from './wal';

export interface ReplicaReadsOptions {
  readonly primary: SessionPool;
  readonly replica: SessionPool;
  /** How long a read waits for the replica to connect and to catch up, in milliseconds. */
  readonly waitMs: number;
  /** Told which way each read went. */
  readonly onRoute?: (route: ReadRoute) => void;
}

// For so long after a read had to leave the replica nobody tries it: each would lose the wait again. Milliseconds.
const restMs = 1_000;
const maxPauseMs = 8;
const retriedElsewhere: ReadonlySet<string> = new Set(['UNAVAILABLE', 'ABORTED']);

/**
 * Reads from a replica what the primary would have answered, or from the primary (Ongaro, Consensus, 6.4: read index). The
 * primary is asked where its log is, after the read has begun; reads that begin before the question is sent share it. The replica
 * answers in a session that has been seen to have replayed as far: not just any, since its URL may lead to several servers.
 * @returns what gives the rows of a statement that only reads; it throws what the primary throws, and the statement's own errors
 */
export function createReplicaReads({ primary, replica, waitMs, onRoute = () => {} }: ReplicaReadsOptions) {
  let restingUntil = 0;
  let restingWay: ReadWay = 'down';
  const keyOf = () => '';
  const positions = createRowLoader<PositionRow>({ keyOf, load: (_, signal) => primary.query(findPosition, signal) });
  const standings = createRowLoader<StandingRow>({ keyOf, load: (_, signal) => replica.query(findStanding, signal) });

  /** The rows, where the replica has them in time; else why it has not. */
  async function tryReplica<Row>(statement: Statement, abort: AbortSignal | undefined): Promise<ReadRoute & { readonly rows?: Row[] }> {
    let position: Position;
    try {
      position = toPosition((await positions.load('', abort))!);
    } catch (error) {
      if (abort?.aborted) throw toAbortError(abort);
      return { way: 'position_unknown', error };
    }
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(unavailable()), waitMs);
    const patience = abort ? AbortSignal.any([abort, late.signal]) : late.signal;
    let last: ReadRoute = { way: 'down' };
    let isFit = false;
    const see = (row: StandingRow | undefined) => (last = judge(position, toStanding(row!))).way;
    const ask = () =>
      replica.withSession(
        abort,
        async (session) => {
          const checked = await replica.observe(findStanding, () => execute<StandingRow>(session, findStanding, patience));
          isFit = see(checked.rows[0]) === 'replica';
          if (!isFit) return undefined;
          clearTimeout(timer);
          return (await replica.observe(statement, () => execute<Row>(session, statement))).rows;
        },
        patience,
      );
    try {
      for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, maxPauseMs)) {
        const rows = await ask();
        if (rows || last.way !== 'stale') return { ...last, rows };
        // those that wait share the question how far it has come
        do await pause(pauseMs, undefined, { signal: patience });
        while (see(await standings.load('', patience)) === 'stale');
      }
    } catch (error) {
      if (abort?.aborted) throw toAbortError(abort);
      // what fails on a fit replica is the statement: on the primary it may do so just as well
      if (isFit && !(isAppError(error) && retriedElsewhere.has(error.code))) {
        onRoute(last);
        throw error;
      }
      return last.way === 'stale' && late.signal.aborted ? last : { way: 'down', error };
    } finally {
      clearTimeout(timer);
    }
  }

  return async function read<Row>(statement: Statement, abort: AbortSignal | undefined): Promise<Row[]> {
    if (performance.now() < restingUntil) {
      onRoute({ way: restingWay });
      return primary.query<Row>(statement, abort);
    }
    const { rows, ...route } = await tryReplica<Row>(statement, abort);
    onRoute(route);
    if (rows) return rows;
    restingWay = route.way;
    restingUntil = performance.now() + restMs;
    return primary.query<Row>(statement, abort);
  };
}
