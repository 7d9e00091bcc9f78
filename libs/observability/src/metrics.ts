import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { addRuntimeMetrics } from './runtime-metrics';

// seconds, as the semantic conventions for RPC and HTTP durations give them
const buckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** What a label says of a value outside of its closed set. */
export const other = '_OTHER';

/** Connections of a pool, those of them that are idle, and callers that wait for one. */
export interface PoolStats {
  readonly size: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Every instrument of a process. Labels come from closed sets: contracts, statement names, status codes. */
export type Metrics = ReturnType<typeof createMetrics>;

/** Makes a registry of its own with every instrument in it. `close` stops what measures by itself. */
export function createMetrics(service: string, version: string) {
  const registry = new Registry();
  const registers = [registry];
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]) => new Histogram({ name, help, labelNames, buckets, registers });
  new Gauge({ name: 'gatehouse_build_info', help: 'What runs here', labelNames: ['service', 'version', 'node_version'], registers }).set(
    { service, version, node_version: process.version },
    1,
  );
  const spansDropped = new Counter({
    name: 'span_dropped_total',
    help: 'Spans lost because too many waited, the collector did not take them, or the process was closing',
    labelNames: ['reason'],
    registers,
  });
  // there from the start, so that the first loss is an increase
  for (const reason of ['queue_full', 'export_failed', 'closed']) spansDropped.inc({ reason }, 0);
  return {
    registry,
    rpcServer: histogram('rpc_server_call_duration_seconds', 'Duration of calls answered', ['rpc_method', 'rpc_status_code']),
    rpcClient: histogram('rpc_client_call_duration_seconds', 'Duration of calls made', ['rpc_method', 'rpc_status_code']),
    httpServer: histogram('http_server_request_duration_seconds', 'Duration of HTTP requests answered', [
      'http_request_method',
      'http_route',
      'http_response_status_code',
    ]),
    database: histogram('db_client_operation_duration_seconds', 'Duration of SQL statements by their name', ['db_operation_name', 'error_type']),
    rpcActive: new Gauge({ name: 'rpc_server_active_calls', help: 'Calls being answered', registers }),
    logDrops: new Counter({ name: 'log_dropped_total', help: 'Log lines dropped because nobody read them', registers }),
    spansExported: new Counter({ name: 'span_exported_total', help: 'Spans that the collector took', registers }),
    spansDropped,
    observePool: addPools(registry),
    close: addRuntimeMetrics(registry),
  };
}

function addPools(registry: Registry): (name: string, stats: () => PoolStats) => void {
  const pools = new Map<string, () => PoolStats>();
  const registers = [registry];
  new Gauge({
    name: 'db_client_connections',
    help: 'Connections of the pool by their state',
    labelNames: ['pool', 'state'],
    registers,
    collect() {
      for (const [pool, stats] of pools) {
        const { size, idle } = stats();
        this.set({ pool, state: 'idle' }, idle);
        this.set({ pool, state: 'used' }, size - idle);
      }
    },
  });
  new Gauge({
    name: 'db_client_connection_pending_requests',
    help: 'Callers that wait for a connection of the pool',
    labelNames: ['pool'],
    registers,
    collect() {
      for (const [pool, stats] of pools) this.set({ pool }, stats().waiting);
    },
  });
  return (name, stats) => void pools.set(name, stats);
}
