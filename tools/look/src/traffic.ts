import type { Outcome, Traffic } from './answers';
import type { Histogram } from './metrics-text';

/** What the histograms of one method, or of one arrow, counted between two moments. */
export interface Counted {
  ok: number;
  refused: number;
  failed: number;
  /** Upper bound in seconds to cumulative count. */
  readonly buckets: Map<number, number>;
}

export const createCounted = (): Counted => ({ ok: 0, refused: 0, failed: 0, buckets: new Map() });

/** Adds what a histogram counted since an earlier look at it; all of it, where its process has begun anew. */
export function addIncrease(counted: Counted, now: Histogram, before: Histogram | undefined): void {
  const base = before && before.count <= now.count ? before : undefined;
  counted[toOutcome(now)] += now.count - (base?.count ?? 0);
  const known = new Map(base?.buckets);
  for (const [bound, count] of now.buckets) counted.buckets.set(bound, (counted.buckets.get(bound) ?? 0) + count - (known.get(bound) ?? 0));
}

// a server is to blame for these alone (semantic conventions of RPC spans)
const faults: ReadonlySet<string> = new Set(['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS']);

function toOutcome({ labels: { http_response_status_code: http, rpc_status_code: rpc, error_type: sql } }: Histogram): Outcome {
  if (http !== undefined) return Number(http) >= 500 ? 'failed' : Number(http) >= 400 ? 'refused' : 'ok';
  if (rpc !== undefined) return faults.has(rpc) ? 'failed' : rpc === 'OK' ? 'ok' : 'refused';
  // class 23 is a constraint that did its work
  return sql ? (sql.startsWith('23') ? 'refused' : 'failed') : 'ok';
}

/** What was counted in `seconds`, with percentiles in milliseconds, by the line between two bounds as `histogram_quantile` of Prometheus draws it. */
export function toTraffic(counted: Counted, seconds: number): Traffic {
  const { refused, failed } = counted;
  const total = counted.ok + refused + failed;
  return {
    rate: seconds > 0 ? total / seconds : 0,
    total,
    refused,
    failed,
    p50: quantile(counted, 0.5),
    p95: quantile(counted, 0.95),
    finest: 1000 * Math.min(...counted.buckets.keys()),
  };
}

function quantile({ buckets }: Counted, share: number): number | null {
  const bounds = [...buckets].sort(([one], [other]) => one - other);
  const rank = (bounds.at(-1)?.[1] ?? 0) * share;
  if (rank === 0) return null;
  const index = bounds.findIndex(([, count]) => count >= rank);
  const [high, upTo] = bounds[index]!;
  // below the first bound there is nothing to go by, above the last finite one neither
  if (index === 0) return 1000 * high;
  const [low, under] = bounds[index - 1]!;
  return 1000 * (high === Infinity ? low : low + ((high - low) * (rank - under)) / (upTo - under));
}
