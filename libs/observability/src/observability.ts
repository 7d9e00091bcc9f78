import type { PostgresObserver } from '@gatehouse/postgres';
import type { RpcCall, RpcObserver } from '@gatehouse/rpc';
import type { HttpObserver } from '@gatehouse/transcoding';
import type { Writable } from 'node:stream';
import type { Registry } from 'prom-client';
import type { Caller } from './access-line';
import { createHttpObserver } from './http-observer';
import { createLogLevel, type LogLevelSetting } from './log-level';
import { createLogger, type Logger, type LogLevel } from './logger';
import { createMetrics, type PoolStats } from './metrics';
import { createPostgresObserver } from './postgres-observer';
import { createRpcObserver } from './rpc-observer';
import { createTracing } from './tracing';

export interface ObservabilityOptions {
  service: string;
  version: string;
  logLevel: LogLevel;
  /** Base URL of an OTLP/HTTP collector; nothing is exported without one. */
  otlpEndpoint?: string;
  /** Share of new traces that are recorded, 0 to 1. */
  sampleRatio?: number;
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
  readonly registry: Registry;
  readonly rpc: RpcObserver;
  readonly postgres: PostgresObserver;
  readonly http: HttpObserver;
  /** Adds the gauges of a connection pool. */
  observePool(name: string, stats: () => PoolStats): void;
  /** The metrics in Prometheus' text format. */
  metrics(): Promise<{ contentType: string; body: string }>;
  /** Sends what is left of the traces, and waits for the reader of the lines, for at most as many milliseconds, and stops measuring. */
  close(flushMs?: number): Promise<void>;
}

/** Logs, metrics and traces of one process. Nothing is patched and nothing is global but the async context. */
export function createObservability(options: ObservabilityOptions): Observability {
  const { service, version, logLevel, otlpEndpoint, sampleRatio = 1, trustTraceparent = false, callerOf, logStream } = options;
  const metrics = createMetrics(service, version);
  const { registry } = metrics;
  const logger = createLogger({ service, level: logLevel, stream: logStream, onDrop: () => metrics.logDrops.inc() });
  const level = createLogLevel(logger);
  const tracing = createTracing({ service, version, otlpEndpoint, sampleRatio, metrics });
  const { tracer } = tracing;
  return {
    logger,
    logLevel: level,
    registry,
    rpc: createRpcObserver({ tracer, metrics, logger, callerOf }),
    postgres: createPostgresObserver({ tracer, metrics }),
    http: createHttpObserver({ tracer, metrics, logger, trustTraceparent }),
    observePool: metrics.observePool,
    metrics: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    async close(flushMs = 2_000) {
      level.close();
      metrics.close();
      await Promise.all([tracing.close(flushMs), logger.flush(flushMs)]);
    },
  };
}
