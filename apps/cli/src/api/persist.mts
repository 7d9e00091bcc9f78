import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, exitCodes } from '../command-error.mts';
import { isPassing, isUnauthenticated, ServerError } from './server-error.mts';
import type { Session } from './session.mts';

// Milliseconds.
const firstDelayMs = 250;
const maxDelayMs = 15_000;

export interface PersistOptions {
  readonly session: Session;
  readonly url: string;
  /** How long to try without getting further, in milliseconds. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  /** How far it came: what has changed since the last attempt is progress. */
  readonly position: () => number | string;
  /** Told why there is a wait. */
  readonly onWait: (reason: string, delayMs: number) => void;
}

/**
 * Makes attempts until one succeeds, with a fresh token where the server wants one. The wait between two doubles, of each a
 * random half, and begins anew whenever there was progress.
 * @throws CommandError for what does not pass by itself, and once the patience is at its end; the reason of the signal
 */
export async function persist<T>({ session, url, patienceMs, signal, position, onWait }: PersistOptions, attempt: (token: string) => Promise<T>): Promise<T> {
  let [attempts, refusals, since, last] = [0, 0, performance.now(), position()];
  for (;;) {
    let token: string | undefined;
    try {
      token = await session.token(signal);
      return await attempt(token);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CommandError) throw error;
      if (last !== position()) [attempts, refusals, since, last] = [0, 0, performance.now(), position()];
      if (token !== undefined && isUnauthenticated(error) && refusals++ < 2) {
        session.discard(token);
        continue;
      }
      if (!isPassing(error)) throw toRefusal(error, url);
      const delayMs = Math.max(Math.min(maxDelayMs, firstDelayMs * 2 ** attempts++) * (0.5 + Math.random() / 2), (error as ServerError).retryAfterMs ?? 0);
      const reason = (error as Error).message;
      if (performance.now() + delayMs - since > patienceMs)
        throw new CommandError(`${url} could not be asked for ${Math.round((performance.now() - since) / 1_000)} s: ${reason}`, {
          exitCode: exitCodes.server,
          cause: error,
        });
      // the first wait is that of any deploy
      if (attempts > 1) onWait(reason, delayMs);
      await pause(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** What was refused, and what to do about it. */
function toRefusal(error: unknown, url: string): unknown {
  if (!(error instanceof ServerError)) return error;
  const { code, status, reason } = error.problem;
  const step =
    code === 'PERMISSION_DENIED'
      ? ': use the account of an administrator, or give this one a role with the permission'
      : reason === 'METHOD_UNKNOWN' || (!code && (status === 404 || status < 400))
        ? ': is --url that of a gateway of Gatehouse?'
        : reason === 'IMPORT_OPTIONS_CHANGED'
          ? ': give another --import-id'
          : reason === 'STEP_UP_REQUIRED'
            ? ': run it again, and with the token of a new login where GATEHOUSE_TOKEN is set'
            : '';
  return new CommandError(`${url} refused: ${error.message}${step}`, { exitCode: exitCodes.server, cause: error });
}
