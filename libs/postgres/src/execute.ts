import type { PoolClient } from 'pg';
import { requestCancel } from './cancel';
import { spoilsConnection, toAbortError, toAppError } from './sqlstate';
import type { ConstraintErrors, Statement } from './statement';

const cancelGraceMs = 1_000;

/** A connection of the pool, in use. */
export interface Session {
  readonly client: PoolClient;
  readonly constraints: ConstraintErrors;
  /** Statements are prepared once, under their name. */
  readonly isPrepared: boolean;
  /** Of the call that uses it. */
  readonly signal: AbortSignal | undefined;
  /** It must be closed and not be used on. */
  spoilt: boolean;
}

/** What a statement gave. */
export interface Outcome<Row> {
  readonly rows: Row[];
  readonly command: string;
}

/**
 * Runs one statement on a connection; throws AppErrors only. When the signal aborts, the statement is cancelled, and the
 * connection is spoilt: the cancellation might hit whatever it runs next.
 * @param signal default: the session's
 */
export async function execute<Row>(session: Session, statement: Statement, signal = session.signal): Promise<Outcome<Row>> {
  const { client, isPrepared } = session;
  if (signal?.aborted) throw toAbortError(signal);
  const running = client.query({
    name: isPrepared && statement.isPrepared !== false ? statement.name : undefined,
    text: statement.text,
    values: statement.values as unknown[] | undefined,
  });
  const abort = signal && cancelWhenAborted(session, signal);
  try {
    const { rows, command } = await (abort ? Promise.race([running, abort.givenUp]) : running);
    return { rows: rows as Row[], command };
  } catch (error) {
    session.spoilt ||= spoilsConnection(error);
    throw signal?.aborted ? toAbortError(signal) : toAppError(error, session.constraints);
  } finally {
    abort?.forget();
  }
}

/** Sends the cancellation when the signal aborts; `givenUp` rejects when it has no effect within a second. */
function cancelWhenAborted(session: Session, signal: AbortSignal) {
  let timer: NodeJS.Timeout | undefined;
  let giveUp: (error: Error) => void = () => {};
  const givenUp = new Promise<never>((_, reject) => (giveUp = reject));
  const onAbort = () => {
    session.spoilt = true;
    requestCancel(session.client);
    timer = setTimeout(() => giveUp(new Error('the cancelled statement did not end')), cancelGraceMs);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    givenUp,
    forget: () => {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    },
  };
}
