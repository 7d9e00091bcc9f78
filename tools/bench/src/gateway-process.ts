import { readServices, toTargets } from '#services';
import { type MeasuredProcess, startMeasured, workspace } from './measured-process';
import { findFreePort, whenReady } from './ready';

export interface GatewayProcess extends MeasuredProcess {
  readonly url: string;
}

export interface GatewayOptions {
  /** Of the upstream that serves all packages, or those of `user` where there is another one for the rest. */
  readonly target: string;
  readonly otherTarget?: string;
  readonly issuer: string;
  readonly bundle?: string;
  readonly environment?: Record<string, string>;
  readonly nodeArguments: readonly string[];
}

/** The gateway as it is built, before its upstreams; ready when it is given. */
export async function startGateway({
  target,
  otherTarget = target,
  issuer,
  bundle = 'apps/gateway/main.cjs',
  environment = {},
  nodeArguments,
}: GatewayOptions): Promise<GatewayProcess> {
  const [port, adminPort] = [await findFreePort(), await findFreePort()];
  const gateway = startMeasured({
    bundle,
    nodeArguments,
    environment: {
      GATEWAY_HTTP_PORT: String(port),
      GATEWAY_ADMIN_PORT: String(adminPort),
      GATEWAY_UPSTREAMS: toTargets(readServices(workspace), ({ name }) => (name === 'user' ? target : otherTarget)).GATEWAY_UPSTREAMS!,
      GATEHOUSE_ISSUER: issuer,
      // one client makes all requests
      RATE_LIMIT_ENABLED: 'false',
      ...environment,
    },
  });
  return whenReady({ ...gateway, url: `http://127.0.0.1:${port}` }, adminPort);
}
