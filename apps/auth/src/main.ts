import { requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { migrate } from '@gatehouse/postgres';
import { createAuthApp, createAuthObservability, migrationSets } from './app';
import { bootstrap } from './bootstrap';
import { readAdminConfig, readBootstrapConfig, readMigrateConfig, readServeConfig } from './config';
import { createParts } from './parts';

void runCommand({
  serve: () => runApp(() => createAuthApp(readServeConfig())),
  migrate: async () => void (await migrate({ url: readMigrateConfig().AUTH_DATABASE_URL, sets: migrationSets, log: console.log })),
  async bootstrap() {
    const config = readBootstrapConfig();
    const observability = createAuthObservability({ ...config, OTEL_SDK_DISABLED: true });
    const parts = createParts(config, observability);
    try {
      // told at once: a database that cannot be used, a wrong secret
      await parts.signingKeys.signingKey();
      const outcome = await bootstrap(parts, config.AUTH_BOOTSTRAP_EMAIL, config.AUTH_BOOTSTRAP_PASSWORD);
      console.log(outcome === 'set' ? 'the administrator is there, with the password that was given' : 'the administrator was there already');
    } finally {
      await parts.close();
    }
  },
  async healthcheck() {
    const { AUTH_ADMIN_HOST, AUTH_ADMIN_PORT } = readAdminConfig();
    await requireReady(AUTH_ADMIN_HOST, AUTH_ADMIN_PORT);
  },
});
