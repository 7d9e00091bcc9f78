import { context, type Context, trace, TraceFlags } from '@opentelemetry/api';
import { Histogram, type ObserveDataWithExemplar } from 'prom-client';
import type { MetricsRegistry } from './exposition';

// seconds, as the semantic conventions for RPC and HTTP durations give them
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export type Labels<Name extends string> = Partial<Record<Name, string>>;

/** A histogram of durations in seconds, whose buckets each name the last span that fell into them, as long as it is sampled. */
export interface Durations<Name extends string> {
  /** Counts one; it belongs to the active span, or to that of `at`. */
  observe(labels: Labels<Name>, seconds: number, at?: Context): void;
  /** Starts to measure; what it gives counts the time since, with more labels. */
  startTimer(labels?: Labels<Name>): (more?: Labels<Name>) => void;
}

/** Adds a histogram to the registry; its name ends in `_seconds`. @throws Error for a name that is there already */
export function createDurations<Name extends string = never>(registry: MetricsRegistry, name: string, help: string, labelNames: readonly Name[] = []): Durations<Name> {
  const histogram = new Histogram<Name>({ name, help, labelNames, buckets, registers: [registry], enableExemplars: true });
  const observe: Durations<Name>['observe'] = (labels, seconds, at = context.active()) => histogram.observe({ labels, value: seconds, exemplarLabels: findExemplar(at) } as ObserveDataWithExemplar<Name>);
  return {
    observe,
    startTimer(labels) {
      const begin = performance.now();
      return (more) => observe({ ...labels, ...more } as Labels<Name>, (performance.now() - begin) / 1000);
    },
  };
}

/** What finds the span; nothing where no collector will ever get it. */
function findExemplar(at: Context): { trace_id: string; span_id: string } | undefined {
  const span = trace.getSpanContext(at);
  return span && span.traceFlags & TraceFlags.SAMPLED ? { trace_id: span.traceId, span_id: span.spanId } : undefined;
}
