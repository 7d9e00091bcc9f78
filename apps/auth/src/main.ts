import { command, requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { migrate } from '@gatehouse/postgres';
import { createAuthApp, createAuthObservability, migrationSets } from './app';
import { bootstrap } from './bootstrap';
import { type BootstrapConfig, findUnknown, readAdminConfig, readBootstrapConfig, readMigrateConfig, readServeConfig } from './config';
import { createParts } from './parts';
import { reconcileOptions, runReconcile } from './reconcile-command';

async function runBootstrap(config: BootstrapConfig): Promise<void> {
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
}

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
