import { setTimeout as pause } from 'node:timers/promises';

/** What a load found. */
export interface PacedLoad {
  readonly statuses: ReadonlySet<number>;
  readonly requests: number;
  /** From when each was due until it was answered. Milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Makes `ask` so many times a second, whether the ones before were answered or not, for so many seconds. */
export async function runPacedLoad(ask: () => Promise<{ status: number }>, { perSecond, seconds }: { perSecond: number; seconds: number }): Promise<PacedLoad> {
  const begin = performance.now();
  const statuses = new Set<number>();
  const requests = await Promise.all(
    Array.from({ length: perSecond * seconds }, async (_, index) => {
      const due = begin + (index * 1_000) / perSecond;
      await pause(Math.max(0, due - performance.now()));
      statuses.add((await ask()).status);
      return performance.now() - due;
    }),
  );
  const sorted = requests.toSorted((one, other) => one - other);
  const quantile = (share: number) => sorted[Math.floor(sorted.length * share)]!;
  return { statuses, requests: sorted.length, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}
