import { checkCertificates, command, openCertificateFiles, requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { migrate } from '@gatehouse/postgres';
import { createUserApp, migrationSets } from './app';
import { findUnknown, readAdminConfig, readMigrateConfig, readServeConfig } from './config';

async function runMigrate({ USER_DATABASE_URL: url, ...paths }: ReturnType<typeof readMigrateConfig>): Promise<void> {
  const certificates = openCertificateFiles('MTLS', paths);
  try {
    await migrate({ url, certificates, sets: migrationSets, log: console.log });
  } finally {
    certificates?.close();
  }
}

void runCommand({
  findUnknown,
  commands: {
    serve: command({ read: readServeConfig, check: (config) => checkCertificates(['MTLS'], config), run: (config) => runApp(() => createUserApp(config)) }),
    migrate: command({ read: readMigrateConfig, check: (config) => checkCertificates(['MTLS'], config), run: runMigrate }),
    healthcheck: command({ read: readAdminConfig, run: ({ USER_ADMIN_HOST: host, USER_ADMIN_PORT: port }) => requireReady(host, port) }),
  },
});
