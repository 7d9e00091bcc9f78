import { isAppError } from '@gatehouse/errors';
import type { Idempotency } from '@gatehouse/idempotency';
import { createBackgroundWork } from '@gatehouse/lifecycle';
import { type Database, renewSamples } from '@gatehouse/postgres';
import type { People } from './people';
import { deleteOldAccountImports } from './postgres/account-import-repository';
import { deleteForgottenAttempts } from './postgres/attempt-repository';
import type { RevocationLog } from './revocations/revocation-log';
import { deleteUnconfirmedFactors } from './postgres/factor-repository';
import { deleteExpiredCodes } from './postgres/code-repository';
import { deletePurgedPeople } from './postgres/known-people-repository';
import { deleteExpiredLoginTokens } from './postgres/login-token-repository';
import { deleteExpiredTokens, deleteOldSessions, eraseSealedSuccessors } from './postgres/session-repository';
import { endSignUp, type PendingSignUp, takeAbandonedSignUps } from './postgres/sign-up-repository';
import type { BegunEmailChanges } from './codes/begun-email-changes';
import { activate, findPersonOf } from './finish-sign-up';

export interface SweeperOptions {
  database: Database;
  people: People;
  idempotency: Idempotency;
  log: Pick<RevocationLog, 'sweep'>;
  emailChanges: Pick<BegunEmailChanges, 'sweep'>;
  /** How long a used refresh token gives its successor again, in seconds. */
  replaySeconds: number;
  /** Milliseconds after which a sign-up counts as abandoned: longer than any call takes. */
  abandonedAfterMs?: number;
  /** How old what PostgreSQL has noted of columns may be, in milliseconds. Default: a day. */
  maxSampleAgeMs?: number;
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
  /** Tells old emails of changes whose call was cut off. */
  sweepEmailChanges(): Promise<void>;
  /** Removes tokens, sessions, imports, logins and factors that were begun, and what is known of people past their time, a batch a statement, until there are none or `signal` aborts. */
  sweepSessions(signal?: AbortSignal): Promise<void>;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** Clears away what time has made useless, in the background. Every step may run in several processes at once. */
export function createSweeper({
  database,
  people,
  idempotency,
  log,
  emailChanges,
  replaySeconds,
  abandonedAfterMs = 15 * minuteMs,
  maxSampleAgeMs = 24 * 60 * minuteMs,
  isActive,
  onError,
}: SweeperOptions): Sweeper {
  const background = createBackgroundWork({ isActive, onError });
  const finishOrEnd = (pending: PendingSignUp) =>
    database
      .transaction((tx) => activate(tx, pending))
      .catch(async (error) => {
        // they got a password otherwise, by a reset say, which stays
        if (!isAppError(error, 'EMAIL_TAKEN')) throw error;
        await endSignUp(database, pending);
      });
  const sweepSignUps = async () => {
    for (const pending of await takeAbandonedSignUps(database, abandonedAfterMs)) {
      if (await findPersonOf(people, pending)) await finishOrEnd(pending);
      else await endSignUp(database, pending);
    }
  };
  const sweepSessions = async (signal?: AbortSignal) => {
    for (const deleteSome of [
      deleteExpiredTokens,
      deleteOldSessions,
      deletePurgedPeople,
      deleteForgottenAttempts,
      deleteOldAccountImports,
      deleteExpiredLoginTokens,
      deleteUnconfirmedFactors,
      deleteExpiredCodes,
    ])
      while (!signal?.aborted && (await deleteSome(database)));
  };
  return {
    start() {
      const { every } = background;
      every(Math.min(Math.max(secondMs, (replaySeconds * secondMs) / 2), 5 * secondMs), () => eraseSealedSuccessors(database, replaySeconds));
      every(minuteMs, sweepSignUps);
      every(10 * secondMs, emailChanges.sweep);
      every(10 * minuteMs, sweepSessions);
      every(minuteMs, (signal) => log.sweep(signal));
      every(10 * minuteMs, (signal) => idempotency.sweep(database, signal));
      every(Math.min(10 * minuteMs, maxSampleAgeMs), () => renewSamples(database, maxSampleAgeMs));
    },
    close: background.close,
    sweepSignUps,
    sweepEmailChanges: emailChanges.sweep,
    sweepSessions,
  };
}
