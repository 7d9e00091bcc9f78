export { type LoggedError, toCauseChain } from './cause-chain';
export type { LogFields } from './log-fields';
export type { LogLevelSetting } from './log-level';
export { type Logger, type LogLevel, logLevels } from './logger';
export type { PoolStats } from './metrics';
export { type Observability, type ObservabilityOptions, createObservability } from './observability';
export { telemetryConfig } from './telemetry-config';
