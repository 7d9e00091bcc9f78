import { connect } from 'node:net';
import { connect as connectHttp2 } from 'node:http2';
import { type GatewayUnderTest, pause, startGateway } from './gateway-under-test';

const ada = '018f0000-0000-7000-8000-000000000001';
const eve = '018f0000-0000-7000-8000-000000000002';
const gateways: GatewayUnderTest[] = [];
async function start(settings: Record<string, string>): Promise<GatewayUnderTest> {
  const gateway = await startGateway({ RATE_LIMIT_ENABLED: 'true', TRUSTED_PROXIES: '127.0.0.0/8', ...settings });
  gateways.push(gateway);
  return gateway;
}
afterEach(() => Promise.all(gateways.splice(0).map((gateway) => gateway.close())));

const askFrom = (gateway: GatewayUnderTest, address: string, path = '/v1/users/me', headers: Record<string, string> = {}) =>
  fetch(gateway.url + path, { headers: { 'x-forwarded-for': address, ...headers } });
async function statusesOf(count: number, ask: () => Promise<Response>): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index++) statuses.push((await ask()).status);
  return statuses;
}

describe('a client', () => {
  it('is told what is left to it, and is refused when nothing is', async () => {
    const gateway = await start({ RATE_LIMIT_CLIENT_POINTS: '2', RATE_LIMIT_WINDOW_SECONDS: '30' });
    const first = await askFrom(gateway, '1.2.3.4');
    expect([first.status, first.headers.get('ratelimit-policy'), first.headers.get('ratelimit')]).toEqual([401, '"client";q=2;w=30', '"client";r=1;t=30']);
    await askFrom(gateway, '1.2.3.4');
    const refused = await askFrom(gateway, '1.2.3.4');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(refused.headers.get('ratelimit')).toMatch(/^"client";r=0;t=(29|30)$/);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(28);
    expect(await refused.json()).toMatchObject({ status: 429, code: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMITED', metadata: { policy: 'client' } });
    expect((await askFrom(gateway, '1.2.3.5')).status).toBe(401);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.app.adminPort}/metrics`)).text();
    expect(metrics).toContain('gateway_rate_limit_decisions_total{policy="client",decision="refused"} 1');
  });

  it('may ask again in the next window', async () => {
    const gateway = await start({ RATE_LIMIT_CLIENT_POINTS: '1', RATE_LIMIT_WINDOW_SECONDS: '1' });
    expect(await statusesOf(2, () => askFrom(gateway, '1.2.3.4'))).toEqual([401, 429]);
    await pause(1_100);
    expect((await askFrom(gateway, '1.2.3.4')).status).toBe(401);
  });

  it('is a network of IPv6, whichever of its addresses it takes', async () => {
    const gateway = await start({ RATE_LIMIT_CLIENT_POINTS: '2' });
    expect((await askFrom(gateway, '2001:db8:1:1::1')).status).toBe(401);
    expect((await askFrom(gateway, '2001:db8:1:1:ffff::2')).status).toBe(401);
    expect((await askFrom(gateway, '2001:DB8:1:1:abcd:1:2:3')).status).toBe(429);
    expect((await askFrom(gateway, '2001:db8:1:2::1')).status).toBe(401);
  });

  it('cannot give itself another address', async () => {
    const gateway = await start({ RATE_LIMIT_CLIENT_POINTS: '2', TRUSTED_PROXIES: '192.0.2.1' });
    const statuses: number[] = [];
    for (const address of ['1.1.1.1', '2.2.2.2', '3.3.3.3'])
      statuses.push((await askFrom(gateway, address, '/v1/users/me', { forwarded: `for=${address}`, 'x-real-ip': address })).status);
    expect(statuses).toEqual([401, 401, 429]);
    const behindProxy = await start({ RATE_LIMIT_CLIENT_POINTS: '2' });
    const spoofed: number[] = [];
    for (const address of ['1.1.1.1', '2.2.2.2', '3.3.3.3']) spoofed.push((await askFrom(behindProxy, `${address}, 9.9.9.9`)).status);
    expect(spoofed).toEqual([401, 401, 429]);
  });

  it('is refused before its body is read', async () => {
    const gateway = await start({ RATE_LIMIT_CLIENT_POINTS: '1' });
    const head =
      'POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n';
    await askFrom(gateway, '1.2.3.4');
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(gateway.app.httpPort, '127.0.0.1', () => socket.write(head));
      socket.once('data', (chunk) => {
        resolve(String(chunk));
        socket.destroy();
      });
    });
    expect(answer).toMatch(/^HTTP\/1\.1 429 /);
  });

  it('that tries credentials has less, however it writes the path', async () => {
    const gateway = await start({ RATE_LIMIT_AUTH_POINTS: '2' });
    const post = (path: string) =>
      gateway.raw(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
      );
    expect(await post('/v1/auth/login')).toMatch(
      /^HTTP\/1\.1 400 [^]*ratelimit-policy: "client";q=600;w=60, "auth";q=2;w=60\r\nratelimit: "client";r=599;t=60, "auth";r=1;t=60\r\n/i,
    );
    expect(await post('http://elsewhere/v1/auth/login')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await post('/v1/auth/login?x')).toMatch(/^HTTP\/1\.1 429 [^]*"policy":"auth"/);
    expect((await askFrom(gateway, '1.2.3.4')).status).toBe(401);
  });

  it('tries credentials wherever passwords, codes, tokens or emails are tried without a permission, and nowhere else', async () => {
    const gateway = await start({});
    const triesAt = async (path: string) => (await fetch(gateway.url + path, { method: 'POST' })).headers.get('ratelimit-policy')!.includes('"auth"');
    const below = ['signup', 'login:complete', 'email:resendVerification', 'password:requestReset', `factors/${ada}:confirm`].map((name) => `/v1/auth/${name}`);
    for (const path of [...below, '/v1/invitations:accept', '/oauth2/token', '/oauth2/revoke']) expect([path, await triesAt(path)]).toEqual([path, true]);
    for (const path of ['/oauth2/introspect', '/v1/accounts:import', '/v1/invitations', '/v1/users'])
      expect([path, await triesAt(path)]).toEqual([path, false]);
  });

  it('at an endpoint of OAuth is refused in its words (RFC 6749 §5.2)', async () => {
    const gateway = await start({ RATE_LIMIT_AUTH_POINTS: '1' });
    const ask = () => fetch(`${gateway.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token' }) });
    await ask();
    const refused = await ask();
    expect([refused.status, refused.headers.get('content-type'), refused.headers.get('pragma')]).toEqual([429, 'application/json', 'no-cache']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toEqual({ error: 'temporarily_unavailable', error_description: expect.stringContaining('rate limit') });
  });

  it('with a WebSocket, or over HTTP/2, is counted as well', async () => {
    const gateway = await start({ RATE_LIMIT_CLIENT_POINTS: '1' });
    const upgrade = (address: string) =>
      gateway.raw(
        `GET /v1/nothing HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      );
    expect(await upgrade('1.2.3.4')).toMatch(/^HTTP\/1\.1 404 /);
    expect(await upgrade('1.2.3.4')).toMatch(/^HTTP\/1\.1 429 [^]*retry-after: \d+/i);
    const session = connectHttp2(gateway.url);
    const status = await new Promise((resolve) =>
      session
        .request({ ':path': '/v1/users/me', 'x-forwarded-for': '1.2.3.4' })
        .once('response', (headers) => resolve(headers[':status']))
        .resume(),
    );
    session.close();
    expect(status).toBe(429);
  });
});

describe('a principal', () => {
  it('has one budget, wherever it asks from; others have theirs', async () => {
    const gateway = await start({ RATE_LIMIT_PRINCIPAL_POINTS: '2' });
    const { issuer } = gateway.upstreams;
    const ask = async (address: string, id: string) =>
      askFrom(gateway, address, '/v1/users/me', { authorization: `Bearer ${await issuer.accessToken({ id })}` });
    expect((await ask('1.1.1.1', ada)).headers.get('ratelimit-policy')).toBe('"client";q=600;w=60, "principal";q=2;w=60');
    expect((await ask('2.2.2.2', ada)).status).toBe(200);
    const refused = await ask('3.3.3.3', ada);
    expect([refused.status, await refused.json()]).toMatchObject([429, { metadata: { policy: 'principal' } }]);
    expect((await ask('3.3.3.3', eve)).status).toBe(200);
  });

  it('is the same one in a WebSocket, whose token stands in a subprotocol', async () => {
    const gateway = await start({ RATE_LIMIT_PRINCIPAL_POINTS: '1' });
    const token = await gateway.upstreams.issuer.accessToken({ id: ada });
    const upgrade = `GET /v1/nothing HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: json, bearer.${token}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
    expect(await gateway.raw(upgrade)).toMatch(/^HTTP\/1\.1 404 /);
    expect(await gateway.raw(upgrade)).toMatch(/^HTTP\/1\.1 429 [^]*"policy":"principal"/);
  });

  it('is nobody whose token is not good', async () => {
    const gateway = await start({ RATE_LIMIT_PRINCIPAL_POINTS: '1' });
    const ask = () => askFrom(gateway, '1.1.1.1', '/v1/users/me', { authorization: 'Bearer rubbish' });
    expect(await statusesOf(3, ask)).toEqual([401, 401, 401]);
    expect((await ask()).headers.get('ratelimit-policy')).toBe('"client";q=600;w=60');
  });
});

it('health is never limited, and nothing is where limits are switched off', async () => {
  const gateway = await start({ RATE_LIMIT_CLIENT_POINTS: '1' });
  expect(await statusesOf(3, () => askFrom(gateway, '1.1.1.1', '/healthz'))).toEqual([200, 200, 200]);
  expect(await statusesOf(2, () => askFrom(gateway, '1.1.1.1'))).toEqual([401, 429]);
  const off = await start({ RATE_LIMIT_CLIENT_POINTS: '1', RATE_LIMIT_ENABLED: 'false' });
  expect(await statusesOf(3, () => askFrom(off, '1.1.1.1'))).toEqual([401, 401, 401]);
});

it('a store that is not there costs no request: each gateway counts for itself, and says so', async () => {
  const gateway = await start({ RATE_LIMIT_CLIENT_POINTS: '2', RATE_LIMIT_REDIS_URL: 'redis://:a-password@127.0.0.1:1/0' });
  expect(await statusesOf(3, () => askFrom(gateway, '1.1.1.1'))).toEqual([401, 401, 429]);
  expect(await (await fetch(`http://127.0.0.1:${gateway.app.adminPort}/metrics`)).text()).toContain('gateway_rate_limit_store_up 0');
});
