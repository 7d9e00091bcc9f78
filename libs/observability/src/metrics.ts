import { Counter, Gauge } from 'prom-client';
import { addActive } from './active';
import { addChannels } from './channel-metrics';
import { createDurations } from './durations';
import { createMetricsRegistry, type MetricsRegistry } from './exposition';
import { addPools } from './pool-metrics';
import { addRuntimeMetrics } from './runtime-metrics';

/** What a label says of a value outside of its closed set. Labels come from such sets alone: contracts, statement names, status codes. */
export const other = '_OTHER';

/** The instruments of every process; the others come with the observer that uses them. */
export type Metrics = ReturnType<typeof createMetrics>;

/** Makes a registry of its own. `close` stops what measures by itself. */
export function createMetrics(service: string, version: string) {
  const registry = createMetricsRegistry();
  const registers = [registry];
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
    logDrops: new Counter({ name: 'log_dropped_total', help: 'Log lines dropped because nobody read them', registers }),
    spansExported: new Counter({ name: 'span_exported_total', help: 'Spans that the collector took', registers }),
    spansDropped,
    close: addRuntimeMetrics(registry),
  };
}

/** Adds what a gRPC server measures. */
export function addRpcServerMetrics(registry: MetricsRegistry) {
  const registers = [registry];
  return {
    calls: createDurations(registry, 'rpc_server_call_duration_seconds', 'Duration of gRPC calls answered, in seconds', ['rpc_method', 'rpc_status_code']),
    start: addActive(registry, 'rpc_server_active_calls', 'gRPC calls being answered', 'rpc_method'),
    shed: new Counter({
      name: 'rpc_server_shed_calls_total',
      help: 'gRPC calls refused because as many as may be were being answered',
      labelNames: ['rpc_method'],
      registers,
    }),
  };
}

/** Adds what gRPC channels and the calls made over them measure. */
export function addRpcClientMetrics(registry: MetricsRegistry) {
  return {
    calls: createDurations(registry, 'rpc_client_call_duration_seconds', 'Duration of gRPC calls made, with all their attempts, in seconds', [
      'rpc_method',
      'rpc_status_code',
    ]),
    retries: new Counter({
      name: 'rpc_client_retries_total',
      help: 'Attempts at gRPC calls that another one followed, by the code with which they failed',
      labelNames: ['rpc_method', 'rpc_status_code'],
      registers: [registry],
    }),
    addChannel: addChannels(registry),
  };
}

/** Adds what an HTTP server measures. */
export function addHttpMetrics(registry: MetricsRegistry) {
  const registers = [registry];
  const shed = new Counter({
    name: 'http_server_shed_requests_total',
    help: 'HTTP requests refused because too many were being answered: in all (overflow), or on their connection (flood)',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of ['overflow', 'flood']) shed.inc({ reason }, 0);
  const labels = ['http_request_method', 'http_route', 'http_response_status_code'] as const;
  return {
    requests: createDurations(registry, 'http_server_request_duration_seconds', 'Duration of HTTP requests answered, in seconds', labels),
    start: addActive(registry, 'http_server_active_requests', 'HTTP requests being answered', 'http_request_method'),
    shed,
  };
}

/** Adds what a database's statements and connections measure. */
export function addDatabaseMetrics(registry: MetricsRegistry) {
  return {
    statements: createDurations(registry, 'db_client_operation_duration_seconds', 'Duration of SQL statements by their name, in seconds', [
      'db_operation_name',
      'error_type',
    ]),
    waits: createDurations(registry, 'db_client_connection_wait_time_seconds', 'How long a connection of the pool was waited for, in seconds', [
      'db_client_connection_pool_name',
      'error_type',
    ]),
    addPool: addPools(registry),
  };
}
