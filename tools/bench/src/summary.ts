import { median, quantile } from 'd3-array';
import type { Comparison, Measure, Pair, Sample } from './comparison';
import type { Round } from './rounds';

/** Where the middle half of all rounds lies. */
export interface Spread {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

export interface ContenderSummary {
  readonly name: string;
  /** CPU time per request, the median over all rounds. Microseconds. */
  readonly cpuMicros: number;
  /** Medians over all rounds of their percentiles. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

export interface PairSummary {
  readonly name: string;
  readonly requests: number;
  readonly isContext?: boolean;
  readonly baseline: ContenderSummary;
  readonly contender: ContenderSummary;
  readonly spread: Spread;
  /** What was read off each round, in their order. */
  readonly values: readonly number[];
}

const toShort = (value: number) => Number(value.toPrecision(4));
const medianOf = (values: readonly number[]) => toShort(median(values)!);

export const cpuPerRequest = ({ cpuMicros, requests }: Sample): number => cpuMicros / requests;

/** What a round says: both halves were taken one after the other, so that most of the machine's noise is in both. */
export function measureRound(measure: Measure, { baseline, contender }: Round): number {
  const [one, other] = [cpuPerRequest(baseline), cpuPerRequest(contender)];
  return measure === 'ratio' ? other / one : other - one;
}

/** The figures of a pair. */
export function summarize({ measure }: Pick<Comparison, 'measure'>, pair: Pair, rounds: readonly Round[]): PairSummary {
  const values = rounds.map((round) => toShort(measureRound(measure, round)));
  return {
    name: pair.name,
    requests: rounds[0]!.baseline.requests,
    ...(pair.isContext ? { isContext: true } : {}),
    baseline: toContender(
      pair.baseline.name,
      rounds.map(({ baseline }) => baseline),
    ),
    contender: toContender(
      pair.contender.name,
      rounds.map(({ contender }) => contender),
    ),
    spread: { low: toShort(quantile(values, 0.25)!), median: medianOf(values), high: toShort(quantile(values, 0.75)!) },
    values,
  };
}

function toContender(name: string, samples: readonly Sample[]): ContenderSummary {
  const latencies = samples.flatMap(({ latencyMs }) => (latencyMs ? [latencyMs] : []));
  const waits = latencies.length ? { p50Ms: medianOf(latencies.map(({ p50 }) => p50)), p99Ms: medianOf(latencies.map(({ p99 }) => p99)) } : {};
  return { name, cpuMicros: medianOf(samples.map(cpuPerRequest)), ...waits };
}
