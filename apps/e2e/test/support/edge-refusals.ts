import { connect, type Socket } from 'node:net';
import { freePort } from './free-port';
import { type Answer, send } from './http';
import { exchange } from './raw-http';
import type { Scene } from './scene';
import { startProcess, until } from './service-process';

const toRequest = (path: string, ...headers: string[]) => [`GET ${path} HTTP/1.1`, 'Host: gatehouse', 'Connection: close', ...headers, '', ''].join('\r\n');

/** Makes the gateway refuse a request for what it is as HTTP, whichever method it is for. */
export async function provokeAtEdge(reason: string, { gatehouse, administrator: token }: Scene): Promise<Answer> {
  const { url, ports } = gatehouse;
  const logIn = { email: 'ada@example.com', password: 'wrong' };
  switch (reason) {
    case 'METHOD_UNKNOWN':
      return send(url, 'GET', '/v1/nothing', { token });
    case 'HTTP_METHOD_UNSUPPORTED':
      return send(url, 'PUT', '/v1/users/me', { token });
    case 'REQUEST_TOO_LARGE':
      return send(url, 'POST', '/v1/auth/login', { body: { ...logIn, password: 'x'.repeat(70_000) } });
    case 'MEDIA_TYPE_UNSUPPORTED':
      return send(url, 'POST', '/v1/auth/login', { body: 'email=a', headers: { 'content-type': 'text/plain' } });
    case 'URL_TOO_LONG':
      return exchange(ports.http, toRequest(`/v1/users/${'x'.repeat(13_000)}`));
    case 'HEADERS_TOO_LARGE':
      return exchange(ports.http, toRequest('/v1/users/me', `X: ${'x'.repeat(17_000)}`));
    case 'REQUEST_TOO_SLOW':
      return withGateway(gatehouse, { GATEWAY_HEADERS_TIMEOUT_MS: '100' }, (port) => exchange(port, 'GET /v1/users/me HTTP/1.1\r\nHost: gatehouse\r\n'));
    case 'RATE_LIMITED':
      return withGateway(gatehouse, { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_AUTH_POINTS: '1' }, async (port) => {
        await exchange(port, toRequest('/v1/auth/login'));
        return exchange(port, toRequest('/v1/auth/login'));
      });
    case 'TOO_MANY_CONNECTIONS':
      return withGateway(gatehouse, { GATEWAY_MAX_CONNECTIONS: '1' }, async (port) => {
        const held = await open(port);
        const answer = await exchange(port, toRequest('/v1/users/me'));
        held.destroy();
        return answer;
      });
    default:
      throw new Error(`nobody knows how the edge comes to ${reason}`);
  }
}

/** A connection that the server has taken: it has answered a request on it. */
const open = (port: number) =>
  new Promise<Socket>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /healthz HTTP/1.1\r\nHost: gatehouse\r\n\r\n'));
    socket.once('data', () => resolve(socket)).on('error', reject);
  });

/** One more gateway of the installation, with settings of its own. */
async function withGateway<T>({ settings }: Scene['gatehouse'], own: Record<string, string>, work: (port: number) => Promise<T>): Promise<T> {
  const [port, adminPort] = [await freePort(), await freePort()];
  const { child, exited } = startProcess('gateway', { ...settings, GATEWAY_HTTP_PORT: String(port), GATEWAY_ADMIN_PORT: String(adminPort), ...own });
  try {
    await until('the gateway is ready', () =>
      fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    return await work(port);
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}
