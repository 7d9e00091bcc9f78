import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type MeasuredProcess, startMeasured } from './measured-process';

// Milliseconds.
const patienceMs = 20_000;

export interface GatewayProcess extends MeasuredProcess {
  readonly url: string;
}

/** The gateway as it is built, before one upstream that serves all packages; ready when it is given. */
export async function startGateway({ target, issuer, nodeArguments }: { target: string; issuer: string; nodeArguments: readonly string[] }): Promise<GatewayProcess> {
  const [port, adminPort] = [await findFreePort(), await findFreePort()];
  const gateway = startMeasured({
    bundle: 'apps/gateway/main.cjs',
    nodeArguments,
    environment: {
      GATEWAY_HTTP_PORT: String(port),
      GATEWAY_ADMIN_PORT: String(adminPort),
      GATEWAY_UPSTREAMS: ['user', 'auth', 'verifier'].map((name) => `gatehouse.${name}.v1=${target}`).join(','),
      GATEHOUSE_ISSUER: issuer,
      // one client makes all requests
      RATE_LIMIT_ENABLED: 'false',
    },
  });
  try {
    await untilReady(`http://127.0.0.1:${adminPort}/readyz`);
  } catch (error) {
    await gateway.stop();
    throw error;
  }
  return { ...gateway, url: `http://127.0.0.1:${port}` };
}

async function untilReady(url: string): Promise<void> {
  const isReady = () => fetch(url).then(({ ok }) => ok, () => false);
  for (const end = Date.now() + patienceMs; !(await isReady()); await pause(25)) if (Date.now() > end) throw new Error(`the gateway is not ready within ${patienceMs} ms`);
}

/** A port that nobody listens on at this moment. */
function findFreePort(): Promise<number> {
  return new Promise((found, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => found(port));
    });
  });
}
