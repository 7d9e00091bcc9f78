import { cursorExpired, UserChange, type WatchUserChangesResponse } from '@gatehouse/contracts/user';
import { unavailable } from '@gatehouse/contracts/api';
import { EventEmitter, once } from 'node:events';

/** A feed of changes whose events are the test's. A cursor counts the events of an epoch. */
export interface FakeUserFeed {
  /** Tells changes, in one response. */
  tell(...changes: Partial<UserChange>[]): void;
  /** Forgets what was told, and with it every cursor of before. */
  forget(): void;
  /** Ends the streams that are open. */
  cut(error?: Error): void;
  /** How many streams are open, and how many have been. */
  readonly followers: () => number;
  readonly begun: () => number;
  watch(cursor: string, signal: AbortSignal): AsyncGenerator<WatchUserChangesResponse>;
}

const heartbeatMs = 100;

export function createFakeUserFeed(): FakeUserFeed {
  const events = new EventEmitter().setMaxListeners(0);
  const counts = { open: 0, begun: 0 };
  let told: UserChange[][] = [];
  let epoch = 0;
  let cuts = 0;
  let cutError: Error = unavailable();
  const toCursor = (index: number) => `${epoch}.${index}`;
  return {
    tell(...changes) {
      told.push(changes.map((change) => UserChange.fromPartial(change)));
      events.emit('news');
    },
    forget() {
      told = [];
      epoch++;
    },
    cut(error = unavailable()) {
      cutError = error;
      cuts++;
      events.emit('news');
    },
    followers: () => counts.open,
    begun: () => counts.begun,
    async *watch(cursor, signal) {
      const cutsBefore = cuts;
      const [inEpoch, from] = cursor ? cursor.split('.').map(Number) : [epoch, told.length];
      if (inEpoch !== epoch) throw cursorExpired();
      counts.open++;
      counts.begun++;
      try {
        for (let index = from!; ;) {
          if (cuts > cutsBefore) throw cutError;
          const changes = told[index];
          if (changes) index++;
          yield { changes: changes ?? [], cursor: toCursor(index) };
          if (!told[index] && cuts === cutsBefore)
            await once(events, 'news', { signal: AbortSignal.any([signal, AbortSignal.timeout(heartbeatMs)]) }).catch(() => signal.throwIfAborted());
        }
      } finally {
        counts.open--;
      }
    },
  };
}
