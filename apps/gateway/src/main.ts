import { command, requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { createGatewayApp } from './app';
import { findUnknown, readAdminConfig, readServeConfig } from './config';
import { checkTlsFiles } from './edge/tls-files';

void runCommand({
  findUnknown,
  commands: {
    serve: command({ read: readServeConfig, check: checkTlsFiles, run: (config) => runApp(() => createGatewayApp(config)) }),
    healthcheck: command({ read: readAdminConfig, run: ({ GATEWAY_ADMIN_HOST: host, GATEWAY_ADMIN_PORT: port }) => requireReady(host, port) }),
  },
});
