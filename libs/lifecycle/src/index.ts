export { type AdminServer, type AdminServerOptions, createAdminServer } from './admin-server';
export { type BackgroundWork, type BackgroundWorkOptions, createBackgroundWork } from './background-work';
export type { CertificateFiles } from './certificate-files';
export { type CertificateStore, createCertificateStore } from './certificate-store';
export { type CertificatePaths, type Certificates, checkCertificates, readCertificates } from './certificates';
export { ConfigError } from './config-error';
export {
  bytes,
  databasePooler,
  databaseUrl,
  flag,
  host,
  integer,
  isTarget,
  migrationUrl,
  milliseconds,
  port,
  processConfig,
  rateLimitConfig,
  secretKey,
  seconds,
  target,
  tokenConfig,
} from './config-types';
export { type Contradiction, contradiction, poolerContradiction, portContradiction, refineAll, togetherContradictions } from './contradiction';
export { logReadiness } from './log-readiness';
export { isLoopback } from './loopback';
export { certificateContradictions, databaseCertificates, file, type MtlsConfig, mtlsConfig, mtlsContradictions, peers } from './mtls-config';
export { noSchemas } from './no-schemas';
export { withPortSetting } from './port-setting';
export { type CheckState, type Readiness, type ReadinessCheck, type ReadinessOptions, type ReadinessReport, createReadiness } from './readiness';
export { addReadinessMetrics } from './readiness-metrics';
export { readConfig } from './read-config';
export { requireReady } from './require-ready';
export { createRevocationsObserver } from './revocations-observer';
export { type App, type ShutdownTimes, runApp } from './run-app';
export { type Command, command, runCommand, type RunCommandOptions } from './run-command';
export {
  /** @public tools/docs asks for it in a text */
  metaOf,
  type SettingMeta,
} from './setting-meta';
export { findUnknownSettings } from './unknown-settings';
