import type { Idempotency } from '@gatehouse/idempotency';
import { createBackgroundWork } from '@gatehouse/lifecycle';
import type { Database } from '@gatehouse/postgres';
import type { People } from './people';
import { deletePurgedPeople } from './postgres/known-people-repository';
import { deleteExpiredTokens, deleteOldSessions, eraseSealedSuccessors } from './postgres/session-repository';
import { endSignUp, takeAbandonedSignUps } from './postgres/sign-up-repository';
import { activate, findPersonOf } from './sign-up';

export interface SweeperOptions {
  database: Database;
  people: People;
  idempotency: Idempotency;
  /** How long a used refresh token gives its successor again, in seconds. */
  replaySeconds: number;
  /** Milliseconds after which a sign-up counts as abandoned: longer than any call takes. */
  abandonedAfterMs?: number;
  /** Whether there is a database to sweep. */
  isActive: () => boolean;
  onError: (error: unknown) => void;
}

export interface Sweeper {
  start(): void;
  /** Resolves when what is being swept is swept. */
  close(): Promise<void>;
  /** Finishes or removes each sign-up that was left half done. */
  sweepSignUps(): Promise<void>;
  /** Removes tokens, sessions and what is known of people past their time, a batch a statement, until there are none or `signal` aborts. */
  sweepSessions(signal?: AbortSignal): Promise<void>;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** Clears away what time has made useless, in the background. Every step may run in several processes at once. */
export function createSweeper({ database, people, idempotency, replaySeconds, abandonedAfterMs = 15 * minuteMs, isActive, onError }: SweeperOptions): Sweeper {
  const background = createBackgroundWork({ isActive, onError });
  const sweepSignUps = async () => {
    for (const pending of await takeAbandonedSignUps(database, abandonedAfterMs)) {
      if (await findPersonOf(people, pending)) await database.transaction((tx) => activate(tx, pending));
      else await endSignUp(database, pending);
    }
  };
  const sweepSessions = async (signal?: AbortSignal) => {
    for (const deleteSome of [deleteExpiredTokens, deleteOldSessions, deletePurgedPeople]) while (!signal?.aborted && (await deleteSome(database)));
  };
  return {
    start() {
      const { every } = background;
      every(Math.min(Math.max(secondMs, (replaySeconds * secondMs) / 2), 5 * secondMs), () => eraseSealedSuccessors(database, replaySeconds));
      every(minuteMs, sweepSignUps);
      every(10 * minuteMs, sweepSessions);
      every(10 * minuteMs, (signal) => idempotency.sweep(database, signal));
    },
    close: background.close,
    sweepSignUps,
    sweepSessions,
  };
}
