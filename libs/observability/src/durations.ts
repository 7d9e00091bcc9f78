import { context, type Context, trace, TraceFlags } from '@opentelemetry/api';
import type { Metric } from 'prom-client';
import type { MetricsRegistry } from './exposition';

// seconds, as the semantic conventions for RPC and HTTP durations give them
const upperBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** A histogram of durations in seconds, whose buckets each name the last span that fell into them, as long as it is sampled. */
export interface Durations<Labels extends readonly string[]> {
  /** Counts one, by the values of its labels in their order; it belongs to the active span, or to that of `at`. What is no duration counts for nothing. */
  observe(labels: Labels, seconds: number, at?: Context): void;
}

interface Exemplar {
  readonly labelSet: Readonly<Record<'trace_id' | 'span_id', string>>;
  readonly value: number;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** How many fell into each bucket; the last one has no bound. */
  readonly counts: number[];
  readonly exemplars: (Exemplar | undefined)[];
  sum: number;
}

/**
 * Adds a histogram to the registry; its name ends in `_seconds`. prom-client's own checks, sorts and hashes the labels of each
 * observation, which shows in the profile of a service; this one finds its series by the values alone.
 * @throws Error for a name that is there already
 */
export function createDurations<const Names extends readonly string[]>(
  registry: MetricsRegistry,
  name: string,
  help: string,
  labelNames: Names,
): Durations<{ readonly [Index in keyof Names]: string }> {
  const all: Series[] = [];
  const open = (values: readonly string[]): Series => {
    const labels = Object.fromEntries(labelNames.map((label, index) => [label, values[index]!]));
    const series = { labels, counts: Array.from({ length: upperBounds.length + 1 }, () => 0), exemplars: [], sum: 0 };
    all.push(series);
    return series;
  };
  const root: Branch = { next: new Map() };
  // without labels there is the one series from the start
  if (!labelNames.length) root.series = open([]);
  const histogram = {
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    labelNames,
    async get() {
      return { name: this.name, help, type: this.type, aggregator: this.aggregator, values: all.flatMap((series) => toSamples(name, series)) };
    },
  };
  if (registry.getSingleMetric(name)) throw new Error(`${name} is registered already`);
  registry.registerMetric(histogram as unknown as Metric);
  return {
    observe(values, seconds, at = context.active()) {
      // one of them would spoil the sum for good
      if (!(seconds >= 0 && seconds < Infinity)) return;
      let branch = root;
      for (const value of values) branch = branch.next.get(value) ?? grow(branch, value);
      const series = (branch.series ??= open(values));
      let bucket = 0;
      while (bucket < upperBounds.length && seconds > upperBounds[bucket]!) bucket++;
      series.counts[bucket]!++;
      series.sum += seconds;
      const span = trace.getSpanContext(at);
      // nothing where no collector will ever get it
      if (span && span.traceFlags & TraceFlags.SAMPLED)
        series.exemplars[bucket] = { labelSet: { trace_id: span.traceId, span_id: span.spanId }, value: seconds, timestamp: Date.now() / 1000 };
    },
  };
}

/** Where one value of a label leads; the last one to a series. */
interface Branch {
  readonly next: Map<string, Branch>;
  series?: Series;
}

function grow(branch: Branch, value: string): Branch {
  const grown = { next: new Map<string, Branch>() };
  branch.next.set(value, grown);
  return grown;
}

/** A series as prom-client writes it out. */
function toSamples(name: string, { labels: sharedLabels, counts, exemplars, sum }: Series) {
  let count = 0;
  const buckets = counts.map((more, index) => {
    count += more;
    return { metricName: `${name}_bucket`, labels: { le: upperBounds[index] ?? '+Inf' }, sharedLabels, value: count, exemplar: exemplars[index] };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sum },
    { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
  ];
}
