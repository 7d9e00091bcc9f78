import { requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { migrate } from '@gatehouse/postgres';
import { createUserApp, migrationSets } from './app';
import { readAdminConfig, readMigrateConfig, readServeConfig } from './config';

void runCommand({
  serve: () => runApp(() => createUserApp(readServeConfig())),
  migrate: async () => void (await migrate({ url: readMigrateConfig().USER_DATABASE_URL, sets: migrationSets, log: console.log })),
  async healthcheck() {
    const { USER_ADMIN_HOST, USER_ADMIN_PORT } = readAdminConfig();
    await requireReady(USER_ADMIN_HOST, USER_ADMIN_PORT);
  },
});
