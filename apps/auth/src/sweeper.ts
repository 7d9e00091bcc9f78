import type { Idempotency } from '@gatehouse/idempotency';
import type { Database } from '@gatehouse/postgres';
import type { People } from './people';
import { deleteOldSessions, eraseSealedSuccessors } from './postgres/session-repository';
import { endSignUp, listAbandonedSignUps } from './postgres/sign-up-repository';
import { activate } from './sign-up';

export interface SweeperOptions {
  database: Database;
  people: People;
  idempotency: Idempotency;
  /** How long a used refresh token gives its successor again, in seconds. */
  replaySeconds: number;
  /** Milliseconds after which a sign-up counts as abandoned: longer than any call takes. */
  abandonedAfterMs?: number;
  onError: (error: unknown) => void;
}

export interface Sweeper {
  start(): void;
  close(): void;
  /** Finishes or removes each sign-up that was left half done. */
  sweepSignUps(): Promise<void>;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** Clears away what time has made useless, in the background. Every step may run in several processes at once. */
export function createSweeper({ database, people, idempotency, replaySeconds, abandonedAfterMs = 15 * minuteMs, onError }: SweeperOptions): Sweeper {
  const timers: NodeJS.Timeout[] = [];
  const every = (ms: number, work: () => Promise<unknown>) => timers.push(setInterval(() => void work().catch(onError), ms).unref());

  const sweepSignUps = async () => {
    for (const pending of await listAbandonedSignUps(database, abandonedAfterMs)) {
      const person = await people.findById(pending.userId);
      if (person) await database.transaction((tx) => activate(tx, pending));
      else await endSignUp(database, pending);
    }
  };
  return {
    start() {
      every(Math.min(Math.max(secondMs, (replaySeconds * secondMs) / 2), 5 * secondMs), () => eraseSealedSuccessors(database, replaySeconds));
      every(minuteMs, sweepSignUps);
      every(10 * minuteMs, () => deleteOldSessions(database));
      every(10 * minuteMs, () => idempotency.sweep(database));
    },
    close: () => timers.forEach(clearInterval),
    sweepSignUps,
  };
}
