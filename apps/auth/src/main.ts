import { checkCertificates, command, readCertificates, requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { migrate } from '@gatehouse/postgres';
import { createAuthApp, migrationSets } from './app';
import { bootstrapOptions, runBootstrap } from './bootstrap-command';
import { findUnknown, readAdminConfig, readBootstrapConfig, readMailConfig, readMigrateConfig, readOperatorConfig, readServeConfig } from './config';
import { checkFiles } from './check-files';
import { previewOptions, runPreviewMail } from './mail/preview-command';
import { reconcileOptions, runReconcile } from './reconcile-command';
import { rotateKeysOptions, runRotateKeys } from './tokens/rotate-keys-command';

const checkMtls = (config: Parameters<typeof checkCertificates>[1]) => checkCertificates(['MTLS'], config);

void runCommand({
  findUnknown,
  commands: {
    serve: command({ read: readServeConfig, check: checkFiles, run: (config) => runApp(() => createAuthApp(config)) }),
    migrate: command({
      read: readMigrateConfig,
      check: ({ certificates }) => checkMtls(certificates),
      run: async ({ url, waitMs, certificates }) =>
        void (await migrate({ url, waitMs, certificates: readCertificates('MTLS', certificates), sets: migrationSets, log: console.log })),
    }),
    bootstrap: command({ read: readBootstrapConfig, options: bootstrapOptions, check: checkMtls, run: runBootstrap }),
    reconcile: command({ read: readOperatorConfig, options: reconcileOptions, check: checkMtls, run: runReconcile }),
    'preview-mail': command({ read: readMailConfig, valued: previewOptions, run: runPreviewMail }),
    'rotate-keys': command({ read: readOperatorConfig, options: rotateKeysOptions, check: checkMtls, run: runRotateKeys }),
    healthcheck: command({ read: readAdminConfig, run: ({ AUTH_ADMIN_HOST: host, AUTH_ADMIN_PORT: port }) => requireReady(host, port) }),
  },
});
