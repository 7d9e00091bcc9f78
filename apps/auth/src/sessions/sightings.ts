import { createBackgroundWork } from '@gatehouse/lifecycle';
import type { People } from '../people';

export interface SightingsOptions {
  people: Pick<People, 'recordLastSeen'>;
  onError: (error: unknown) => void;
  /** How long a sighting waits to be told at most. Milliseconds. */
  everyMs?: number;
}

/** When people were seen, gathered until `user` is told: no login waits for it, and what cannot be told is lost. */
export interface Sightings {
  start(): void;
  /** Notes that a person is seen now. */
  note(userId: string): void;
  /** Tells what is left. */
  close(): Promise<void>;
}

// what RecordLastSeen takes at once, and how many people are kept in memory
const batchSize = 1_000;
const capacity = 20_000;

export function createSightings({ people, onError, everyMs = 5_000 }: SightingsOptions): Sightings {
  const background = createBackgroundWork({ isActive: () => seen.size > 0, onError });
  let seen = new Map<string, Date>();
  const tell = async () => {
    const sightings = Array.from(seen, ([userId, time]) => ({ userId, time }));
    seen = new Map();
    for (let first = 0; first < sightings.length; first += batchSize) await people.recordLastSeen(sightings.slice(first, first + batchSize));
  };
  return {
    start: () => background.every(everyMs, tell),
    note: (userId) => void ((seen.size < capacity || seen.has(userId)) && seen.set(userId, new Date())),
    async close() {
      await background.close();
      if (seen.size) await tell().catch(onError);
    },
  };
}
