export { createDurations } from './durations';
export type { MetricsRegistry } from './exposition';
export type { LogFields } from './log-fields';
export type { Logger, LogLevel } from './logger';
export { type Observability, type ObservabilityOptions, createObservability } from './observability';
export { telemetryConfig } from './telemetry-config';
