export { type AdminServer, type AdminServerOptions, createAdminServer } from './admin-server';
export { ConfigError } from './config-error';
export { databaseUrl, host, integer, isTarget, port, processConfig, secretKey, target, tokenConfig } from './config-types';
export { logReadiness } from './log-readiness';
export { withPortSetting } from './port-setting';
export { type CheckState, type Readiness, type ReadinessCheck, type ReadinessOptions, type ReadinessReport, createReadiness } from './readiness';
export { readConfig } from './read-config';
export { type App, type ShutdownTimes, runApp } from './run-app';
export { runCommand } from './run-command';
