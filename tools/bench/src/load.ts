import autocannon from 'autocannon';
import { quantile } from 'd3-array';
import type { Latency } from './comparison';

// callers at a time, as many connections over HTTP
const callers = 16;

/** Makes so many calls, each caller the next when it has its answer. Throws what a call throws. */
export async function loadCalls(requests: number, call: () => Promise<void>): Promise<Latency> {
  const waits: number[] = [];
  let left = requests;
  const caller = async () => {
    while (left-- > 0) {
      const begin = performance.now();
      await call();
      waits.push(performance.now() - begin);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { p50: quantile(waits, 0.5)!, p99: quantile(waits, 0.99)! };
}

/** Makes so many GET requests. @throws when one is not answered with the status */
export async function loadHttp(requests: number, { url, headers, status }: { url: string; headers: Record<string, string>; status: number }): Promise<Latency> {
  const result = await autocannon({ url, headers, amount: requests, connections: Math.min(callers, requests) });
  const answered = result.statusCodeStats?.[`${status}`]?.count ?? 0;
  if (answered !== requests) throw new Error(`${answered} of ${requests} requests were answered with ${status}: ${JSON.stringify(result.statusCodeStats)}`);
  return { p50: result.latency.p50, p99: result.latency.p99 };
}
