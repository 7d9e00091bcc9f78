import { checkCertificates, command, readCertificates, requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { migrate } from '@gatehouse/postgres';
import { createAuthApp, createAuthObservability, migrationSets } from './app';
import { bootstrap } from './bootstrap';
import { type BootstrapConfig, findUnknown, readAdminConfig, readBootstrapConfig, readMigrateConfig, readServeConfig } from './config';
import { createParts } from './parts';

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
    serve: command({ read: readServeConfig, check: (config) => checkCertificates(['MTLS'], config), run: (config) => runApp(() => createAuthApp(config)) }),
    migrate: command({
      read: readMigrateConfig,
      check: ({ certificates }) => checkCertificates(['MTLS'], certificates),
      run: async ({ url, waitMs, certificates }) => void (await migrate({ url, waitMs, certificates: readCertificates('MTLS', certificates), sets: migrationSets, log: console.log })),
    }),
    bootstrap: command({ read: readBootstrapConfig, check: (config) => checkCertificates(['MTLS'], config), run: runBootstrap }),
    healthcheck: command({ read: readAdminConfig, run: ({ AUTH_ADMIN_HOST: host, AUTH_ADMIN_PORT: port }) => requireReady(host, port) }),
  },
});
