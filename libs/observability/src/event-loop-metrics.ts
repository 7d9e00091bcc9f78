import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Counter, Gauge } from 'prom-client';
import type { MetricsRegistry } from './exposition';

// Milliseconds.
const resolutionMs = 20;
const windowMs = 15_000;
const quantiles = [50, 90, 99] as const;
const span = 'over the last 15 to 30 seconds';

/**
 * Adds what the event loop tells of itself. The gauges look back over two windows of time, this one and the last: so any number
 * of scrapers see the same, and one that comes at least once a window misses nothing. Gives what stops it.
 */
export function addEventLoopMetrics(registry: MetricsRegistry): () => void {
  const registers = [registry];
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  // it measures the time between two ticks of its timer
  const readSeconds = (quantile: number) => (delay.count > 0 ? Math.max(0, delay.percentile(quantile) / 1e9 - resolutionMs / 1000) : 0);
  const last = new Map<number, number>();
  let marks: readonly [EventLoopUtilization, EventLoopUtilization] = [performance.eventLoopUtilization(), performance.eventLoopUtilization()];
  const timer = setInterval(() => {
    for (const quantile of quantiles) last.set(quantile, readSeconds(quantile));
    delay.reset();
    marks = [marks[1], performance.eventLoopUtilization()];
  }, windowMs).unref();

  for (const quantile of quantiles)
    new Gauge({
      name: `nodejs_eventloop_delay_p${quantile}_seconds`,
      help: `${quantile}th percentile of the event loop delay ${span}, in seconds`,
      registers,
      collect() {
        this.set(Math.max(readSeconds(quantile), last.get(quantile) ?? 0));
      },
    });
  new Gauge({
    name: 'nodejs_eventloop_utilization_ratio',
    help: `Share of time the event loop was busy ${span}`,
    registers,
    collect() {
      this.set(performance.eventLoopUtilization(performance.eventLoopUtilization(), marks[0]).utilization);
    },
  });
  new Counter({
    name: 'nodejs_eventloop_time_seconds_total',
    help: 'Time that the event loop was active or idle, in seconds',
    labelNames: ['nodejs_eventloop_state'],
    registers,
    collect() {
      const { active, idle } = performance.eventLoopUtilization();
      this.reset();
      this.inc({ nodejs_eventloop_state: 'active' }, active / 1000);
      this.inc({ nodejs_eventloop_state: 'idle' }, idle / 1000);
    },
  });
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}
