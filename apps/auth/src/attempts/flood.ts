import type { AttemptStore } from './attempt-store';

export interface FloodOptions {
  store: Pick<AttemptStore, 'count'>;
  key: Buffer;
  /** From how many failed attempts a minute on it is one. */
  failuresPerMinute: number;
  onChange: (isFlood: boolean) => void;
}

/** Knows when very many attempts fail everywhere, by a count of all replicas. */
export interface Flood {
  readonly isOn: boolean;
  failed(): void;
  /** Tells the others what failed here, and hears from them; to be done each second. */
  exchange(): Promise<void>;
}

const minuteMs = 60_000;

/** One row is enough for all: it is not touched by attempts, but by each replica once a second. */
export function createFlood({ store, key, failuresPerMinute, onChange }: FloodOptions): Flood {
  let failures = 0;
  let isOn = false;
  return {
    get isOn() {
      return isOn;
    },
    failed: () => void failures++,
    async exchange() {
      const told = failures;
      const level = await store.count(key, told, minuteMs / failuresPerMinute);
      failures -= told;
      if (level >= failuresPerMinute !== isOn) onChange((isOn = !isOn));
    },
  };
}
