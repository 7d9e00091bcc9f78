import type { ChartData } from './answers';
import type { Histogram } from './metrics-text';
import type { Sample } from './scraper';
import { addIncrease, type Counted, createCounted, toTraffic } from './traffic';

interface Point {
  readonly time: number;
  readonly rate: number;
  readonly failing: number;
  readonly p95: number | null;
}

export interface Charts {
  /** Adds what a service counted between two samples. */
  add(service: string, sample: Sample, before: Sample | undefined): void;
  /** The course of `<service> <method>`, or of all that a service answered. */
  of(key: string): ChartData;
}

// five minutes while somebody looks
const maxPoints = 300;

/** The name of what a server's histogram measures: a route or an RPC; undefined for other histograms. */
export function toMethodName({ name, labels }: Histogram): string | undefined {
  if (name === 'http_server_request_duration_seconds') return `${labels['http_request_method']} ${labels['http_route']}`;
  return name === 'rpc_server_call_duration_seconds' ? labels['rpc_method'] : undefined;
}

/** Keeps the last points of every method. */
export function createCharts(): Charts {
  const kept = new Map<string, Point[]>();
  return {
    add(service, sample, before) {
      const counts = new Map<string, Counted>([[service, createCounted()]]);
      for (const key of kept.keys()) if (key.startsWith(`${service} `)) counts.set(key, createCounted());
      for (const [series, histogram] of sample.histograms) {
        const name = toMethodName(histogram);
        if (name === undefined) continue;
        const key = `${service} ${name}`;
        const counted = counts.get(key) ?? createCounted();
        counts.set(key, counted);
        for (const into of [counted, counts.get(service)!]) if (before) addIncrease(into, histogram, before.histograms.get(series));
      }
      for (const [key, counted] of counts) {
        const { rate, failed, p95 } = toTraffic(counted, before ? (sample.time - before.time) / 1000 : 0);
        const points = kept.get(key) ?? [];
        kept.set(key, points);
        points.push({ time: sample.time, rate, failing: before ? (1000 * failed) / (sample.time - before.time) : 0, p95 });
        if (points.length > maxPoints) points.shift();
      }
    },
    of(key) {
      const points = kept.get(key) ?? [];
      return {
        time: points.map(({ time }) => time),
        rate: points.map(({ rate }) => rate),
        failing: points.map(({ failing }) => failing),
        p95: points.map(({ p95 }) => p95),
      };
    },
  };
}
