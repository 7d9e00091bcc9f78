import { checkCertificates, command, readCertificates, requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { migrate } from '@gatehouse/postgres';
import { createUserApp, migrationSets } from './app';
import { findUnknown, readAdminConfig, readMigrateConfig, readServeConfig } from './config';

void runCommand({
  findUnknown,
  commands: {
    serve: command({ read: readServeConfig, check: (config) => checkCertificates(['MTLS'], config), run: (config) => runApp(() => createUserApp(config)) }),
    migrate: command({
      read: readMigrateConfig,
      check: ({ certificates }) => checkCertificates(['MTLS'], certificates),
      run: async ({ url, waitMs, certificates }) =>
        void (await migrate({ url, waitMs, certificates: readCertificates('MTLS', certificates), sets: migrationSets, log: console.log })),
    }),
    healthcheck: command({ read: readAdminConfig, run: ({ USER_ADMIN_HOST: host, USER_ADMIN_PORT: port }) => requireReady(host, port) }),
  },
});
