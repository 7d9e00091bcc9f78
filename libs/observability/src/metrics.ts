import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

// seconds, as the semantic conventions for RPC and HTTP durations give them
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export interface PoolStats {
  size: number;
  idle: number;
  waiting: number;
}

/** Every instrument of a process. Labels come from closed sets: contracts, statement names, status codes. */
export type Metrics = ReturnType<typeof createMetrics>;

/** Makes a registry of its own with every instrument in it. */
export function createMetrics(service: string, version: string) {
  const registry = new Registry();
  const registers = [registry];
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]) => new Histogram({ name, help, labelNames, buckets, registers });
  const metrics = {
    registry,
    rpcServer: histogram('rpc_server_call_duration_seconds', 'Duration of calls answered', ['rpc_method', 'rpc_status_code'] as const),
    rpcClient: histogram('rpc_client_call_duration_seconds', 'Duration of calls made', ['rpc_method', 'rpc_status_code'] as const),
    httpServer: histogram('http_server_request_duration_seconds', 'Duration of HTTP requests answered', [
      'http_request_method',
      'http_route',
      'http_response_status_code',
    ] as const),
    database: histogram('db_client_operation_duration_seconds', 'Duration of SQL statements by their name', ['db_operation_name', 'error_type'] as const),
    rpcActive: new Gauge({ name: 'rpc_server_active_calls', help: 'Calls being answered', registers }),
    logDrops: new Counter({ name: 'log_lines_dropped_total', help: 'Log lines dropped because nobody read them', registers }),
    spans: new Counter({ name: 'telemetry_spans_total', help: 'Spans ended, exported, and failed to export', labelNames: ['outcome'] as const, registers }),
  };
  addBuildInfo(registers, service, version);
  addRuntime(registers);
  return metrics;
}

/** Adds gauges of a connection pool. */
export function addPool(registry: Registry, name: string, stats: () => PoolStats): void {
  new Gauge({
    name: 'db_client_connection_count',
    help: 'Connections of the pool by state, and callers waiting for one',
    labelNames: ['pool', 'state'],
    registers: [registry],
    collect() {
      const { size, idle, waiting } = stats();
      this.set({ pool: name, state: 'idle' }, idle);
      this.set({ pool: name, state: 'used' }, size - idle);
      this.set({ pool: name, state: 'waiting' }, waiting);
    },
  });
}

function addBuildInfo(registers: Registry[], service: string, version: string): void {
  new Gauge({ name: 'gatehouse_build_info', help: 'What runs here', labelNames: ['service', 'version', 'node_version'], registers }).set(
    { service, version, node_version: process.version },
    1,
  );
}

function addRuntime(registers: Registry[]): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let last = performance.eventLoopUtilization();
  const gauge = (name: string, help: string, read: () => number) => new Gauge({ name, help, registers, collect() { this.set(read()); } });
  gauge('nodejs_eventloop_delay_p99_seconds', '99th percentile of the event loop delay since the last scrape', () => {
    const p99 = delay.percentile(99) / 1e9;
    delay.reset();
    return p99;
  });
  gauge('nodejs_eventloop_utilization_ratio', 'Share of time the event loop was busy since the last scrape', () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  });
  gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  gauge('nodejs_heap_used_bytes', 'Heap in use', () => process.memoryUsage().heapUsed);
  gauge('process_start_time_seconds', 'When the process started, since the epoch', () => performance.timeOrigin / 1000);
}
