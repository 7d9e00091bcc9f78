import type { PostgresObserver } from '@gatehouse/postgres';
import type { RpcCall, RpcObserver } from '@gatehouse/rpc';
import type { HttpObserver } from '@gatehouse/transcoding';
import type { Writable } from 'node:stream';
import type { Caller } from './access-line';
import { type Exposition, expose, type MetricsRegistry } from './exposition';
import { createHttpObserver } from './http-observer';
import { lazy } from './lazy';
import { createLogLevel, type LogLevelSetting } from './log-level';
import { createLogger, type Logger, type LogLevel } from './logger';
import { createMetrics } from './metrics';
import { createPostgresObserver } from './postgres-observer';
import { createRedisObserver, type RedisObserver } from './redis-observer';
import { createRpcObserver } from './rpc-observer';
import { createTracing, type TraceOptions } from './tracing';

export interface ObservabilityOptions extends TraceOptions {
  /** What this process is, in lines, metrics and traces. */
  service: string;
  version: string;
  /** The least severe lines that are written. */
  logLevel: LogLevel;
  /** Whether an HTTP request belongs to the trace its `traceparent` names. Default: no, it only links to that. */
  trustTraceparent?: boolean;
  /** Who makes a gRPC call that is answered here. */
  callerOf?: (call: RpcCall) => Caller;
  /** Where log lines go; stdout unless a test says otherwise. */
  logStream?: Writable;
}

/** What a process tells of itself, and the observers through which the libs tell it. */
export interface Observability {
  readonly logger: Logger;
  readonly logLevel: LogLevelSetting;
  /** Where an app adds instruments of its own. */
  readonly registry: MetricsRegistry;
  readonly rpc: RpcObserver;
  readonly postgres: PostgresObserver;
  readonly redis: RedisObserver;
  readonly http: HttpObserver;
  /** The metrics in the format that a request's Accept header likes best: Prometheus' text format, or OpenMetrics with exemplars. */
  metrics(accept?: string): Promise<Exposition>;
  /** Sends what is left of the traces, and waits for the reader of the lines, for at most as many milliseconds, and stops measuring. */
  close(flushMs?: number): Promise<void>;
}

/** Logs, metrics and traces of one process. Nothing is patched and nothing is global but the async context. */
export function createObservability(options: ObservabilityOptions): Observability {
  const { service, version, logLevel, trustTraceparent = false, callerOf, logStream, ...traces } = options;
  const metrics = createMetrics(service, version);
  const { registry } = metrics;
  const logger = createLogger({ service, level: logLevel, stream: logStream, onDrop: () => metrics.logDrops.inc() });
  const level = createLogLevel(logger);
  const tracing = createTracing({ ...traces, service, version, metrics });
  const { spans } = tracing;
  // made when they are asked for, so that a process has no instrument of what it does not do
  const postgres = lazy(() => createPostgresObserver({ spans, registry, logger }));
  const http = lazy(() => createHttpObserver({ spans, registry, logger, trustTraceparent }));
  return {
    logger,
    logLevel: level,
    registry,
    rpc: createRpcObserver({ spans, registry, logger, callerOf }),
    get postgres() {
      return postgres();
    },
    redis: createRedisObserver({ spans }),
    get http() {
      return http();
    },
    metrics: (accept) => expose(registry, accept),
    async close(flushMs = 2_000) {
      level.close();
      metrics.close();
      await Promise.all([tracing.close(flushMs), logger.flush(flushMs)]);
    },
  };
}
