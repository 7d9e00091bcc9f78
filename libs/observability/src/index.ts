export type { Logger, LogLevel } from './logger';
export { type Observability, type ObservabilityOptions, createObservability } from './observability';
export { telemetryConfig } from './telemetry-config';
