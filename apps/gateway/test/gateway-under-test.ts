import { connect } from 'node:net';
import { createGatewayApp, type GatewayApp } from '../src/app';
import { configSchema } from '../src/config';
import { realm, startUpstreams, type Upstreams } from './upstreams';

export interface GatewayUnderTest {
  readonly app: GatewayApp;
  readonly upstreams: Upstreams;
  readonly url: string;
  /** What the admin port measured of HTTP: requests by method, route and status. */
  countOf(labels: { method: string; route: string; status: number }): Promise<number>;
  /** Sends the text as it is, and gives all that comes back until the connection is closed. */
  raw(text: string): Promise<string>;
  close(): Promise<void>;
}

/** The gateway as it is shipped, in front of services that answer as the test says. Ready when it is given. */
export async function startGateway(settings: Record<string, string> = {}): Promise<GatewayUnderTest> {
  const upstreams = await startUpstreams();
  let app: GatewayApp;
  try {
    const config = configSchema.parse({
      GATEWAY_HTTP_PORT: '0',
      GATEWAY_ADMIN_PORT: '0',
      GATEWAY_UPSTREAMS: upstreams.setting,
      GATEHOUSE_ISSUER: realm.issuer,
      LOG_LEVEL: 'error',
      RATE_LIMIT_ENABLED: 'false',
      ...settings,
    });
    app = createGatewayApp(config);
    await app.listen();
  } catch (error) {
    await upstreams.close();
    throw error;
  }
  const url = `http://127.0.0.1:${app.httpPort}`;
  const admin = `http://127.0.0.1:${app.adminPort}`;
  for (const start = Date.now(); !(await fetch(`${admin}/readyz`)).ok; await pause(20))
    if (Date.now() - start > 5_000) throw new Error('the gateway is not ready');
  upstreams.calls.splice(0);
  return {
    app,
    upstreams,
    url,
    async countOf({ method, route, status }) {
      const text = await (await fetch(`${admin}/metrics`)).text();
      const labels = `http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"`;
      return Number(
        text
          .split('\n')
          .find((line) => line.startsWith('http_server_request_duration_seconds_count{') && line.includes(labels))
          ?.split(' ')[1] ?? 0,
      );
    },
    raw: (text) => exchange(app.httpPort, text),
    async close() {
      await app.close();
      await upstreams.close();
    },
  };
}

/** Writes the text to a port and gives all that comes back until the connection is closed. */
export function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    socket
      .on('data', (chunk) => (answer += chunk))
      .on('close', () => resolve(answer))
      .on('error', reject);
  });
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
