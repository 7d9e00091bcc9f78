import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type GatewayUnderTest, startGateway } from './gateway-under-test';

const ada = '018f0000-0000-7000-8000-000000000001';
const name = 'Ada '.repeat(100);
let gateway: GatewayUnderTest;
let authorization: string;
beforeAll(async () => {
  gateway = await startGateway({ GATEWAY_COMPRESSION_MIN_BYTES: '200' });
  authorization = `Bearer ${await gateway.upstreams.issuer.accessToken({ id: ada })}`;
  gateway.upstreams.answers['GetUser'] = async () => ({ id: ada, displayName: name });
  gateway.upstreams.answers['Login'] = async () => ({ accessToken: 'x'.repeat(1_000), refreshToken: 'y'.repeat(1_000) });
});
afterAll(() => gateway.close());

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly bytes: Buffer;
}

/** As it came over the wire: fetch would decompress. */
const ask = (method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asking = request(
      gateway.url + path,
      { method, agent: false, headers: { authorization, ...(body ? { 'content-type': 'application/json' } : {}), ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk) => chunks.push(chunk))
          .on('end', () => resolve({ status: response.statusCode!, headers: response.headers, bytes: Buffer.concat(chunks) }));
      },
    );
    asking.on('error', reject).end(body);
  });

describe('an answer above the threshold', () => {
  it.each([
    ['br', 'br'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br', 'br'],
    ['GZIP', 'gzip'],
    ['br;q=0.5, gzip', 'gzip'],
    ['br;q=0, *', 'gzip'],
    ['*', 'br'],
    ['gzip;q=0', undefined],
    ['identity, gzip;q=0.5', undefined],
    ['deflate', undefined],
    ['', undefined],
  ])('for a client that accepts "%s" comes in %s', async (accepted, encoding) => {
    const { headers, bytes } = await ask('GET', '/v1/users/me', { 'accept-encoding': accepted });
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers.vary).toContain('Accept-Encoding');
    expect(Number(headers['content-length'])).toBe(bytes.length);
    const plain = encoding === 'br' ? brotliDecompressSync(bytes) : encoding === 'gzip' ? gunzipSync(bytes) : bytes;
    expect(JSON.parse(String(plain))).toMatchObject({ displayName: name });
    if (encoding) expect(bytes.length).toBeLessThan(name.length);
  });

  it('is announced by HEAD as GET would give it', async () => {
    const head = await ask('HEAD', '/v1/users/me', { 'accept-encoding': 'gzip' });
    expect(head).toMatchObject({ status: 200, headers: { 'content-encoding': 'gzip' } });
    expect(head.bytes).toHaveLength(0);
  });

  it('may be a problem document', async () => {
    gateway.upstreams.answers['ListUsers'] = async () => ({});
    const { status, headers, bytes } = await ask('GET', '/v1/users/me?x=1&y=2&z=3', { 'accept-encoding': 'gzip' });
    expect([status, headers['content-encoding'], headers['content-type']]).toEqual([400, 'gzip', 'application/problem+json']);
    expect(JSON.parse(String(gunzipSync(bytes)))).toMatchObject({ status: 400 });
  });
});

describe('an answer comes as it is', () => {
  it('below the threshold', async () => {
    const { headers } = await ask('GET', '/healthz', { 'accept-encoding': 'gzip' });
    expect([headers['content-encoding'], headers.vary]).toEqual([undefined, undefined]);
  });

  it.each(['/v1/auth/login', 'http://elsewhere/v1/auth/login'])('where it holds tokens: %s', async (path) => {
    const body = JSON.stringify({ email: 'ada@example.com', password: 'correct horse' });
    const { status, headers, bytes } = await ask('POST', '/v1/auth/login', { 'accept-encoding': 'gzip, br' }, body);
    expect([status, headers['content-encoding']]).toEqual([200, undefined]);
    expect(bytes.length).toBeGreaterThan(2_000);
    const raw = await gateway.raw(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(raw).toMatch(/^HTTP\/1\.1 200 /);
    expect(raw).not.toMatch(/^content-encoding:/im);
  });
});

it.each([
  ['/oauth2/token', 'IssueToken', 'access_token', { grant_type: 'refresh_token', refresh_token: 'ghr_x' }],
  ['/v1/invitations:accept', 'AcceptInvitation', 'accessToken', { token: 'ghc_x', password: 'correct horse battery' }],
])('an answer of %s, which holds tokens, is never compressed', async (path, method, member, request) => {
  gateway.upstreams.answers[method] = async () => ({ [member]: 'x'.repeat(1_000) });
  const { status, headers, bytes } = await ask('POST', path, { 'accept-encoding': 'gzip, br' }, JSON.stringify(request));
  expect([status, headers['content-encoding'], JSON.parse(String(bytes))[member]]).toEqual([200, undefined, 'x'.repeat(1_000)]);
});

it('a compressed request is refused', async () => {
  const body = '{"email":"ada@example.com","password":"x"}';
  expect((await ask('POST', '/v1/auth/login', { 'content-encoding': 'gzip' }, body)).status).toBe(415);
});

it('nothing is compressed where that is switched off', async () => {
  const plain = await startGateway({ GATEWAY_COMPRESSION: 'false', GATEWAY_COMPRESSION_MIN_BYTES: '0' });
  const { headers } = await fetch(`${plain.url}/healthz`, { headers: { 'accept-encoding': 'gzip' } });
  expect(headers.has('content-encoding')).toBe(false);
  await plain.close();
});
