import { connect } from 'node:net';
import { createHttpServer } from '../src/http-server';
import { exchange, type GatewayUnderTest, pause, startGateway } from './gateway-under-test';

let gateway: GatewayUnderTest;
beforeAll(async () => (gateway = await startGateway()));
afterAll(() => gateway.close());

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const request = (line: string, ...headers: string[]) => [`${line} HTTP/1.1`, 'Host: a', 'Connection: close', ...headers, '', ''].join('\r\n');

describe('what no route sees', () => {
  it.each([
    ['nonsense', 'nonsense\r\n\r\n', 400],
    ['two lengths', request('POST /v1/auth/login', 'Content-Length: 2', 'Content-Length: 3'), 400],
    ['a length and chunks', request('POST /v1/auth/login', 'Content-Length: 2', 'Transfer-Encoding: chunked'), 400],
    ['a path that is not ASCII', request('GET /v1/users/\u00e9'), 400],
    ['headers that are too large', request('GET /v1/users/me', `X: ${'x'.repeat(20_000)}`), 431],
    ['two hosts', request('GET /v1/users/me', 'Host: b'), 400],
    ['two tokens', request('GET /v1/users/me', 'Authorization: Bearer a', 'Authorization: Bearer b'), 400],
    ['a hundred headers', request('GET /v1/users/me', ...Array.from({ length: 100 }, (_, index) => `X-${index}: 1`)), 431],
    ['chunks in HTTP/1.0', 'POST /v1/auth/login HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['a path that cannot be decoded', request('GET /v1/users/%zz'), 400],
    ['a path that is no UTF-8', request('GET /v1/users/%ff'), 400],
    ['a method that nobody knows', request('PROPFIND /v1/users/me'), 405],
    ['a path that nobody knows', request('GET /%zz'), 404],
  ])('%s is a problem document like any other', async (_name, text, status) => {
    const [head = '', body = ''] = (await gateway.raw(text)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toMatch(/^content-type: application\/problem\+json$/im);
    expect(head).toMatch(/^cache-control: no-store$/im);
    const requestId = /^x-request-id: (.+)$/im.exec(head)?.[1];
    expect(JSON.parse(body)).toMatchObject({ status, requestId, traceId: expect.any(String), reason: expect.any(String) });
  });

  it('is measured', async () => {
    const labels = { method: '_OTHER', route: '_OTHER', status: 400 };
    const before = await gateway.countOf(labels);
    await gateway.raw('nonsense\r\n\r\n');
    expect(await gateway.countOf(labels)).toBe(before + 1);
    const ofUsers = { method: 'GET', route: '/v1/users/{id}', status: 400 };
    const beforeUsers = await gateway.countOf(ofUsers);
    await gateway.raw(request('GET /v1/users/%zz'));
    expect(await gateway.countOf(ofUsers)).toBe(beforeUsers + 1);
  });

  it('ends no connection of others, and no process', async () => {
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  });
});

describe('health', () => {
  it('is the one path that no contract has', async () => {
    const answer = await fetch(`${gateway.url}/healthz`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
    expect((await fetch(`${gateway.url}/healthz?from=a-probe`)).status).toBe(200);
    expect(await gateway.raw(request('GET http://a/healthz'))).toMatch(/^HTTP\/1\.1 200 /);
    expect((await fetch(`${gateway.url}/healthz/`)).status).toBe(404);
    expect((await fetch(`${gateway.url}/`)).status).toBe(404);
  });
});

describe('a client that is slow on purpose', () => {
  it('with headers is cut off', async () => {
    const begin = 'GET / HTTP/1.1\r\nHost: a\r\nX: ';
    const ends: number[] = [];
    const observer = { start: () => ({ run: <T>(work: () => T) => work(), end: ({ status }: { status: number }) => void ends.push(status) }) };
    const limits = { maxUrlBytes: 1_000, maxHeaderBytes: 10_000, headersTimeoutMs: 200, maxConnections: 10, maxRequestsPerSocket: 0, isHttp2: true };
    const { app: server } = createHttpServer({ ...limits, maxBodyBytes: 10_000, observer });
    closing.push(() => server.close());
    server.post('/', async () => 'ok');
    await server.listen({ port: 0, host: '127.0.0.1' });
    const { port } = server.server.address() as { port: number };
    const start = Date.now();
    let answer = '';
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(begin));
      const drip = setInterval(() => socket.write('x'), 50);
      socket.on('data', (chunk) => (answer += chunk)).on('error', () => undefined);
      socket.on('close', () => resolve(clearInterval(drip)));
    });
    expect(Date.now() - start).toBeLessThan(3_000);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(ends).toEqual([408]);
  });
});

describe('the end', () => {
  it('answers who is inside, tells them that it was the last time, and lets nobody else in', async () => {
    const ending = await startGateway();
    closing.push(() => ending.upstreams.close());
    let finish = () => {};
    closing.push(async () => finish());
    ending.upstreams.answers['Logout'] = () => new Promise((resolve) => (finish = () => resolve({})));
    const text = '{"refreshToken":"x"}';
    const answer = exchange(
      ending.app.httpPort,
      `POST /v1/auth/logout HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    );
    while (!ending.upstreams.calls.length) await pause(5);
    const closed = ending.app.close();
    await pause(50);
    await expect(exchange(ending.app.httpPort, 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')).rejects.toThrow('ECONNREFUSED');
    finish();
    const [head] = (await answer).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 200 /);
    expect(head).toMatch(/^connection: close$/im);
    await closed;
  });
});
