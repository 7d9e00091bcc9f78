import { checkCertificates, command, readCertificates, requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { migrate } from '@gatehouse/postgres';
import { createAuthApp, migrationSets } from './app';
import { runBootstrap } from './bootstrap-command';
import { findUnknown, readAdminConfig, readBootstrapConfig, readMigrateConfig, readServeConfig } from './config';
import { reconcileOptions, runReconcile } from './reconcile-command';

void runCommand({
  findUnknown,
  commands: {
    serve: command({ read: readServeConfig, check: (config) => checkCertificates(['MTLS'], config), run: (config) => runApp(() => createAuthApp(config)) }),
    migrate: command({
      read: readMigrateConfig,
      check: ({ certificates }) => checkCertificates(['MTLS'], certificates),
      run: async ({ url, waitMs, certificates }) =>
        void (await migrate({ url, waitMs, certificates: readCertificates('MTLS', certificates), sets: migrationSets, log: console.log })),
    }),
    bootstrap: command({ read: readBootstrapConfig, check: (config) => checkCertificates(['MTLS'], config), run: runBootstrap }),
    reconcile: command({ read: readServeConfig, options: reconcileOptions, check: (config) => checkCertificates(['MTLS'], config), run: runReconcile }),
    healthcheck: command({ read: readAdminConfig, run: ({ AUTH_ADMIN_HOST: host, AUTH_ADMIN_PORT: port }) => requireReady(host, port) }),
  },
});
