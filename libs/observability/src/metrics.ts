import { Counter, Gauge } from 'prom-client';
import { addChannels } from './channel-metrics';
import { createDurations } from './durations';
import { createMetricsRegistry, type MetricsRegistry } from './exposition';
import { addPools } from './pool-metrics';
import { addRuntimeMetrics } from './runtime-metrics';

/** What a label says of a value outside of its closed set. */
export const other = '_OTHER';

/** Every instrument of a process. Labels come from closed sets: contracts, statement names, status codes. */
export type Metrics = ReturnType<typeof createMetrics>;

/** Makes a registry of its own with every instrument in it. `close` stops what measures by itself. */
export function createMetrics(service: string, version: string) {
  const registry = createMetricsRegistry();
  const registers = [registry];
  new Gauge({ name: 'gatehouse_build_info', help: 'What runs here', labelNames: ['service', 'version', 'node_version'], registers }).set(
    { service, version, node_version: process.version },
    1,
  );
  return {
    registry,
    ...addRpc(registry),
    ...addHttp(registry),
    ...addLosses(registry),
    database: createDurations(registry, 'db_client_operation_duration_seconds', 'Duration of SQL statements by their name, in seconds', ['db_operation_name', 'error_type']),
    connectionWait: createDurations(registry, 'db_client_connection_wait_time_seconds', 'How long a connection of the pool was waited for, in seconds', ['db_client_connection_pool_name', 'error_type']),
    addPool: addPools(registry),
    close: addRuntimeMetrics(registry),
  };
}

function addRpc(registry: MetricsRegistry) {
  const registers = [registry];
  return {
    rpcServer: createDurations(registry, 'rpc_server_call_duration_seconds', 'Duration of gRPC calls answered, in seconds', ['rpc_method', 'rpc_status_code']),
    rpcActive: new Gauge({ name: 'rpc_server_active_calls', help: 'gRPC calls being answered', labelNames: ['rpc_method'], registers }),
    rpcShed: new Counter({ name: 'rpc_server_shed_calls_total', help: 'gRPC calls refused because as many as may be were being answered', labelNames: ['rpc_method'], registers }),
    rpcClient: createDurations(registry, 'rpc_client_call_duration_seconds', 'Duration of gRPC calls made, with all their attempts, in seconds', ['rpc_method', 'rpc_status_code']),
    rpcRetries: new Counter({
      name: 'rpc_client_retries_total',
      help: 'Attempts at gRPC calls that another one followed, by the code with which they failed',
      labelNames: ['rpc_method', 'rpc_status_code'],
      registers,
    }),
    addChannel: addChannels(registry),
  };
}

function addHttp(registry: MetricsRegistry) {
  const registers = [registry];
  const httpShed = new Counter({
    name: 'http_server_shed_requests_total',
    help: 'HTTP requests refused because too many were being answered: in all (overflow), or on their connection (flood)',
    labelNames: ['reason'],
    registers,
  });
  // there from the start, so that the first one is an increase
  for (const reason of ['overflow', 'flood']) httpShed.inc({ reason }, 0);
  return {
    httpServer: createDurations(registry, 'http_server_request_duration_seconds', 'Duration of HTTP requests answered, in seconds', [
      'http_request_method',
      'http_route',
      'http_response_status_code',
    ]),
    httpActive: new Gauge({ name: 'http_server_active_requests', help: 'HTTP requests being answered', labelNames: ['http_request_method'], registers }),
    httpShed,
  };
}

/** What telemetry itself loses. */
function addLosses(registry: MetricsRegistry) {
  const registers = [registry];
  const spansDropped = new Counter({
    name: 'span_dropped_total',
    help: 'Spans lost because too many waited, the collector did not take them, or the process was closing',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of ['queue_full', 'export_failed', 'closed']) spansDropped.inc({ reason }, 0);
  return {
    logDrops: new Counter({ name: 'log_dropped_total', help: 'Log lines dropped because nobody read them', registers }),
    spansExported: new Counter({ name: 'span_exported_total', help: 'Spans that the collector took', registers }),
    spansDropped,
  };
}
