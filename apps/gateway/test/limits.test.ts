import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { exchange, type GatewayUnderTest, pause, startGateway } from './gateway-under-test';

const gateways: GatewayUnderTest[] = [];
async function start(settings: Record<string, string> = {}): Promise<GatewayUnderTest> {
  const gateway = await startGateway(settings);
  gateways.push(gateway);
  return gateway;
}
const sockets: Socket[] = [];
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(gateways.map((gateway) => gateway.close()));
});

const get = (target: string, ...headers: string[]) => [`GET ${target} HTTP/1.1`, 'Host: a', 'Connection: close', ...headers, '', ''].join('\r\n');
function toProblem(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(/^content-type: application\/problem\+json$/im);
  expect(head).toMatch(/^cache-control: no-store$/im);
  const { status, reason, metadata } = JSON.parse(body);
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  return { status, reason, ...metadata };
}

describe('a request beyond a limit is told which', () => {
  let gateway: GatewayUnderTest;
  beforeAll(
    async () =>
      (gateway = await start({ GATEWAY_MAX_URL_BYTES: '300', GATEWAY_MAX_HEADER_BYTES: '2000', GATEWAY_MAX_HEADERS: '20', GATEWAY_MAX_BODY_BYTES: '1000' })),
  );

  const tooLong = { status: 414, reason: 'URL_TOO_LONG', limit: 'url_bytes', max: '300' };
  const tooLarge = { status: 431, reason: 'HEADERS_TOO_LARGE', limit: 'header_bytes', max: '2000' };
  it.each([
    ['a URL', get(`/v1/users/${'x'.repeat(300)}`), tooLong],
    ['a URL that the parser does not read to its end', get(`/v1/users/${'x'.repeat(30_000)}`), tooLong],
    ['a header', get('/v1/users/me', `X: ${'x'.repeat(2_000)}`), tooLarge],
    ['a header that the parser does not read to its end', get('/v1/users/me', `X: ${'x'.repeat(30_000)}`), tooLarge],
    ['several headers', get('/v1/users/me', ...Array.from({ length: 10 }, (_, index) => `X-${index}: ${'x'.repeat(250)}`)), tooLarge],
    [
      'many headers',
      get('/v1/users/me', ...Array.from({ length: 20 }, (_, index) => `X-${index}: 1`)),
      { status: 431, reason: 'HEADERS_TOO_LARGE', limit: 'headers', max: '20' },
    ],
    [
      'a body',
      `POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1001\r\n\r\n${' '.repeat(1_001)}`,
      { status: 413, reason: 'REQUEST_TOO_LARGE', limit: 'body_bytes', max: '1000' },
    ],
  ])('%s', async (_name, text, problem) => {
    expect(toProblem(await gateway.raw(text))).toEqual(problem);
  });

  it('and as many ids as BatchGetUsers takes are below all of them, unless it is set otherwise', async () => {
    const ids = Array.from({ length: 200 }, () => `ids=${randomUUID()}`).join('&');
    const batch = get(`/v1/users:batchGet?allowMissing=true&${ids}`, `Authorization: Bearer ${'x'.repeat(2_000)}`);
    expect(toProblem(await (await start()).raw(batch))).toMatchObject({ status: 401 });
  });

  it('and one just below goes on', async () => {
    expect(toProblem(await gateway.raw(get(`/v1/users/${'x'.repeat(280)}`)))).toMatchObject({ status: 401 });
    expect(toProblem(await gateway.raw(get('/v1/users/me', `X: ${'x'.repeat(1_900)}`)))).toMatchObject({ status: 401 });
    expect(toProblem(await gateway.raw(get('/v1/users/me', ...Array.from({ length: 18 }, (_, index) => `X-${index}: 1`))))).toMatchObject({ status: 401 });
  });

  it('a WebSocket too', async () => {
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
    expect(toProblem(await gateway.raw(['GET /v1/nothing HTTP/1.1', 'Host: a', ...upgrade, `X: ${'x'.repeat(2_000)}`, '', ''].join('\r\n')))).toEqual(tooLarge);
  });
});

describe('a client that is slow', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => (gateway = await start({ GATEWAY_HEADERS_TIMEOUT_MS: '200', GATEWAY_REQUEST_TIMEOUT_MS: '600' })));

  it.each([
    ['and says nothing', '', 'headers_ms', '200'],
    ['with its first byte', 'P', 'headers_ms', '200'],
    ['with its headers', 'GET /v1/users/me HTTP/1.1\r\nHost: a\r\n', 'headers_ms', '200'],
    ['with its body', 'POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{', 'request_ms', '600'],
  ])('%s is told that its time is over', async (_name, text, limit, max) => {
    expect(toProblem(await exchange(gateway.app.httpPort, text))).toEqual({ status: 408, reason: 'REQUEST_TOO_SLOW', limit, max });
  });
});

/** A connection that is open and has asked for nothing. */
const open = (gateway: GatewayUnderTest) =>
  new Promise<Socket>((resolve, reject) => {
    const socket = connect(gateway.app.httpPort, '127.0.0.1', () => resolve(socket)).on('error', reject);
    sockets.push(socket);
  });

it('a connection too many is told so, until another one ends', async () => {
  const gateway = await start({ GATEWAY_MAX_CONNECTIONS: '3' });
  await pause(50);
  const held = [await open(gateway), await open(gateway), await open(gateway)];
  await pause(50);
  const answer = await gateway.raw(get('/healthz'));
  expect(toProblem(answer)).toEqual({ status: 503, reason: 'TOO_MANY_CONNECTIONS', limit: 'connections', max: '3' });
  expect(answer).toMatch(/^retry-after: 1$/im);
  held[0]!.destroy();
  await pause(50);
  expect(await gateway.raw(get('/healthz'))).toMatch(/^HTTP\/1\.1 200 /);
});

it('a connection ends after so many requests, and says so with the last', async () => {
  const gateway = await start({ GATEWAY_MAX_REQUESTS_PER_SOCKET: '2' });
  const one = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
  const socket = await open(gateway);
  const ask = () => new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(String(chunk))).write(one));
  expect(await ask()).toMatch(/^connection: keep-alive$/im);
  expect(await ask()).toMatch(/^connection: close$/im);
});

it('every answer tells browsers that it is data', async () => {
  const gateway = await start({ TRUSTED_PROXIES: '127.0.0.1' });
  const expected = {
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  // what the contract lets be kept, and nothing else, is
  const keys = 'public, max-age=300, stale-while-revalidate=60';
  for (const [path, caching] of Object.entries({ '/v1/users/me': 'no-store', '/.well-known/jwks.json': keys, '/nothing': 'no-store' })) {
    const { headers } = await fetch(gateway.url + path);
    expect(Object.fromEntries(headers)).toMatchObject({ ...expected, 'cache-control': caching });
    expect(headers.has('strict-transport-security')).toBe(false);
  }
  const overTls = await fetch(`${gateway.url}/nothing`, { headers: { 'x-forwarded-for': '1.2.3.4', 'x-forwarded-proto': 'https' } });
  expect(overTls.headers.get('strict-transport-security')).toMatch(/^max-age=\d+/);
});

it.each(['HEAD', 'OPTIONS', 'PUT'])('%s is answered as ever', async (method) => {
  const gateway = gateways.at(-1)!;
  const nowhere = await fetch(`${gateway.url}/nothing`, { method });
  expect([nowhere.status, nowhere.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
  const somewhere = await fetch(`${gateway.url}/v1/users/me`, { method });
  expect([somewhere.status, somewhere.headers.get('allow')]).toEqual(
    method === 'HEAD' ? [401, null] : [method === 'OPTIONS' ? 204 : 405, 'DELETE, GET, HEAD, PATCH'],
  );
});

it.each([
  ['no host', 'GET /v1/users/me HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['an expectation that nobody knows', 'GET /v1/users/me HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n'],
  ['the wish for a tunnel', 'CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a host that is none', 'GET /v1/users/me HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n'],
])('a request with %s is refused with a problem', async (_name, text) => {
  const gateway = await start();
  const answer = await exchange(gateway.app.httpPort, text);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toContain('"reason":"REQUEST_UNREADABLE"');
});

it.each([
  ['an expectation that nobody knows', 'Expect: miracles', 400],
  ['headers that the parser does not take', `X: ${'x'.repeat(40_000)}`, 431],
])('a refusal of HEAD with %s has no body (RFC 9110 §9.3.2)', async (_name, header, status) => {
  const gateway = await start();
  const [head = '', body] = (await exchange(gateway.app.httpPort, `HEAD /v1/users/me HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n`)).split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} [^]*\r\ncontent-length: \\d`));
  expect(body).toBe('');
});
