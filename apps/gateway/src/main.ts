import { requireReady, runApp, runCommand } from '@gatehouse/lifecycle';
import { createGatewayApp } from './app';
import { readAdminConfig, readServeConfig } from './config';

void runCommand({
  serve: () => runApp(() => createGatewayApp(readServeConfig())),
  async healthcheck() {
    const { GATEWAY_ADMIN_HOST, GATEWAY_ADMIN_PORT } = readAdminConfig();
    await requireReady(GATEWAY_ADMIN_HOST, GATEWAY_ADMIN_PORT);
  },
});
