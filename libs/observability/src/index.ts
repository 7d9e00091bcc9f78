export { type LoggedError, toCauseChain } from './cause-chain';
export { createDurations } from './durations';
export type { MetricsRegistry } from './exposition';
export type { LogFields } from './log-fields';
export type { LogLevelSetting } from './log-level';
export { type Logger, type LogLevel, logLevels } from './logger';
export { type Observability, type ObservabilityOptions, createObservability } from './observability';
export type { RedisCommand, RedisObserver } from './redis-observer';
export { telemetryConfig, toTraceOptions } from './telemetry-config';
