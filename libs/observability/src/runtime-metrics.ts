import { constants, monitorEventLoopDelay, performance, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { MetricsRegistry } from './exposition';

// what @types/node leaves out of an entry of type gc
type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number } };

const gcKinds: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/**
 * Adds what the process and the runtime tell of themselves; prom-client's own set does not pass `promtool check metrics`.
 * Gives the function that stops the measuring.
 */
export function addRuntimeMetrics(registry: MetricsRegistry): () => void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) => new Gauge({ name, help, registers, collect() { this.set(read()); } });
  const stopDelay = addEventLoop(registry);
  const stopGc = addGarbageCollection(registry);
  gauge('process_start_time_seconds', 'When the process started, in seconds since the epoch', () => performance.timeOrigin / 1000);
  gauge('process_resident_memory_bytes', 'Resident memory, in bytes', () => process.memoryUsage.rss());
  gauge('nodejs_heap_used_bytes', 'Heap in use, in bytes', () => getHeapStatistics().used_heap_size);
  gauge('nodejs_heap_limit_bytes', 'Heap at most, in bytes', () => getHeapStatistics().heap_size_limit);
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time spent, in seconds',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  return () => {
    stopDelay();
    stopGc();
  };
}

const resolutionMs = 20;
const quantiles = [50, 90, 99] as const;

function addEventLoop(registry: MetricsRegistry): () => void {
  const registers = [registry];
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  for (const quantile of quantiles)
    new Gauge({
      name: `nodejs_eventloop_delay_p${quantile}_seconds`,
      help: `${quantile}th percentile of the event loop delay since the last scrape, in seconds`,
      registers,
      collect() {
        // it measures the time between two ticks of its timer
        this.set(delay.count > 0 ? Math.max(0, delay.percentile(quantile) / 1e9 - resolutionMs / 1000) : 0);
        if (quantile === quantiles.at(-1)) delay.reset();
      },
    });
  let last = performance.eventLoopUtilization();
  new Gauge({
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'Share of time the event loop was busy since the last scrape',
    registers,
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
  new Counter({
    name: 'nodejs_eventloop_time_seconds_total',
    help: 'Time that the event loop was active or idle, in seconds; it is the same to any number of scrapers',
    labelNames: ['nodejs_eventloop_state'],
    registers,
    collect() {
      const { active, idle } = performance.eventLoopUtilization();
      this.reset();
      this.inc({ nodejs_eventloop_state: 'active' }, active / 1000);
      this.inc({ nodejs_eventloop_state: 'idle' }, idle / 1000);
    },
  });
  return () => void delay.disable();
}

function addGarbageCollection(registry: MetricsRegistry): () => void {
  const pauses = new Histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Duration of garbage collections by their kind, in seconds',
    labelNames: ['kind'],
    buckets: [0.001, 0.01, 0.1, 1],
    registers: [registry],
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as GcEntry).detail;
      pauses.observe({ kind: gcKinds[kind] ?? '_OTHER' }, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}
