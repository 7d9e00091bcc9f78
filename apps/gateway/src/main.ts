import { checkCertificates, command, requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { createGatewayApp } from './app';
import { findUnknown, readAdminConfig, readServeConfig } from './config';

void runCommand({
  findUnknown,
  commands: {
    serve: command({
      read: readServeConfig,
      check: (config) => checkCertificates(['MTLS', 'GATEWAY_TLS'], config),
      run: (config) => runApp(() => createGatewayApp(config)),
    }),
    healthcheck: command({ read: readAdminConfig, run: ({ GATEWAY_ADMIN_HOST: host, GATEWAY_ADMIN_PORT: port }) => requireReady(host, port) }),
  },
});
