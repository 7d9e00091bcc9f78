import { constants, performance, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Counter, Gauge, Histogram } from 'prom-client';
import { addEventLoopMetrics } from './event-loop-metrics';
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
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const stopDelay = addEventLoopMetrics(registry);
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
