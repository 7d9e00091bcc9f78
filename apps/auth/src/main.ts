import { command, requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { migrate } from '@gatehouse/postgres';
import { createAuthApp, migrationSets } from './app';
import { runBootstrap } from './bootstrap-command';
import { findUnknown, readAdminConfig, readBootstrapConfig, readMigrateConfig, readServeConfig } from './config';
import { reconcileOptions, runReconcile } from './reconcile-command';

void runCommand({
  findUnknown,
  commands: {
    serve: command({ read: readServeConfig, run: (config) => runApp(() => createAuthApp(config)) }),
    migrate: command({ read: readMigrateConfig, run: async ({ AUTH_DATABASE_URL: pooled, AUTH_DATABASE_MIGRATION_URL: url = pooled }) => void (await migrate({ url, sets: migrationSets, log: console.log })) }),
    bootstrap: command({ read: readBootstrapConfig, run: runBootstrap }),
    reconcile: command({ read: readServeConfig, options: reconcileOptions, run: runReconcile }),
    healthcheck: command({ read: readAdminConfig, run: ({ AUTH_ADMIN_HOST: host, AUTH_ADMIN_PORT: port }) => requireReady(host, port) }),
  },
});
