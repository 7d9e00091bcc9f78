import type { PostgresObserver } from '@gatehouse/postgres';
import type { RpcObserver } from '@gatehouse/rpc';
import type { HttpObserver } from '@gatehouse/transcoding';
import type { Writable } from 'node:stream';
import { createHttpObserver } from './http-observer';
import { createLogger, type Logger, type LogLevel } from './logger';
import { addPool, createMetrics, type PoolStats } from './metrics';
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
  /** Where log lines go; stdout unless a test says otherwise. */
  logStream?: Writable;
}

/** What a process tells of itself, and the observers through which the libs tell it. */
export interface Observability {
  readonly logger: Logger;
  readonly rpc: RpcObserver;
  readonly postgres: PostgresObserver;
  readonly http: HttpObserver;
  /** Adds the gauges of a connection pool. */
  observePool(name: string, stats: () => PoolStats): void;
  /** The metrics in Prometheus' text format. */
  metrics(): Promise<{ contentType: string; body: string }>;
  /** Sends what is left of the traces. */
  close(): Promise<void>;
}

/** Logs, metrics and traces of one process. Nothing is patched and nothing is global but the async context. */
export function createObservability({ service, version, logLevel, otlpEndpoint, sampleRatio = 1, logStream }: ObservabilityOptions): Observability {
  const metrics = createMetrics(service, version);
  const logger = createLogger({ service, level: logLevel, stream: logStream, onDrop: () => metrics.logDrops.inc() });
  const { tracer, close } = createTracing({ service, version, otlpEndpoint, sampleRatio, spans: metrics.spans });
  return {
    logger,
    rpc: createRpcObserver({ tracer, metrics, logger }),
    postgres: createPostgresObserver({ tracer, metrics }),
    http: createHttpObserver({ tracer, metrics, logger }),
    observePool: (name, stats) => addPool(metrics.registry, name, stats),
    metrics: async () => ({ contentType: metrics.registry.contentType, body: await metrics.registry.metrics() }),
    close,
  };
}
