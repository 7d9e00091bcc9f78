export type { LogFields } from './log-fields';
export type { Logger, LogLevel } from './logger';
export type { PoolStats } from './metrics';
export { type Observability, type ObservabilityOptions, createObservability } from './observability';
export type { RedisCommand, RedisObserver } from './redis-observer';
export { telemetryConfig, toTraceOptions } from './telemetry-config';
