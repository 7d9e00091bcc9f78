import { command, requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { migrate } from '@gatehouse/postgres';
import { createUserApp, migrationSets } from './app';
import { findUnknown, readAdminConfig, readMigrateConfig, readServeConfig } from './config';

void runCommand({
  findUnknown,
  commands: {
    serve: command({ read: readServeConfig, run: (config) => runApp(() => createUserApp(config)) }),
    migrate: command({ read: readMigrateConfig, run: async ({ USER_DATABASE_URL: pooled, USER_DATABASE_MIGRATION_URL: url = pooled }) => void (await migrate({ url, sets: migrationSets, log: console.log })) }),
    healthcheck: command({ read: readAdminConfig, run: ({ USER_ADMIN_HOST: host, USER_ADMIN_PORT: port }) => requireReady(host, port) }),
  },
});
