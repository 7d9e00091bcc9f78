import { type GatewayUnderTest, startGateway } from './gateway-under-test';

const known = 'https://app.example';
const gateways: GatewayUnderTest[] = [];
async function start(settings: Record<string, string>): Promise<GatewayUnderTest> {
  const gateway = await startGateway(settings);
  gateways.push(gateway);
  return gateway;
}
afterAll(() => Promise.all(gateways.map((gateway) => gateway.close())));

const ask = (gateway: GatewayUnderTest, method: string, path: string, headers: Record<string, string> = {}) => fetch(gateway.url + path, { method, headers });
const preflight = (gateway: GatewayUnderTest, origin: string) =>
  ask(gateway, 'OPTIONS', '/v1/users/me', {
    origin,
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'authorization, content-type',
  });
const corsHeadersOf = ({ headers }: Response) => [...headers.keys()].filter((name) => name.startsWith('access-control-'));

describe('with origins set', () => {
  let gateway: GatewayUnderTest;
  beforeAll(async () => (gateway = await start({ CORS_ORIGINS: `${known}, http://localhost:3000`, CORS_CREDENTIALS: 'true', CORS_MAX_AGE_SECONDS: '60' })));

  it('a preflight of one of them says what its pages may send', async () => {
    const answer = await preflight(gateway, known);
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': known,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-allow-methods': expect.stringMatching(/POST, .*HEAD$/),
      'access-control-max-age': '60',
      vary: expect.stringContaining('Origin'),
      'x-request-id': expect.any(String),
    });
  });

  it.each(['https://evil.example', 'https://app.example.evil.example', 'http://app.example', 'https://app.example:8443', 'null'])(
    'a preflight of %s hears of no permission',
    async (origin) => {
      const answer = await preflight(gateway, origin);
      expect(corsHeadersOf(answer)).toEqual([]);
      expect(answer.headers.get('vary')).toContain('Origin');
    },
  );

  it('an answer varies by all that it depends on', async () => {
    for (const path of ['/v1/users/me', '/v1/nothing'])
      expect((await ask(gateway, 'GET', path, { origin: known })).headers.get('vary')).toMatch(/Origin.*Accept-Language/);
  });

  it('errors can be read by its pages too, of every kind', async () => {
    for (const [method, path, status, headers] of [
      ['GET', '/v1/users/me', 401],
      ['GET', '/nothing', 404],
      ['PUT', '/v1/users/me', 405],
      ['GET', `/v1/users/me?${'x'.repeat(13_000)}`, 414],
      ['GET', '/v1/users/me', 431, { x: 'x'.repeat(16_500) }],
    ] as const) {
      const answer = await ask(gateway, method, path, { origin: known, ...headers });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('access-control-allow-origin')).toBe(known);
      const exposed = answer.headers.get('access-control-expose-headers');
      for (const name of ['ETag', 'X-Request-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy', 'Location', 'Traceresponse']) expect(exposed).toContain(name);
      expect(corsHeadersOf(await ask(gateway, method, path, { origin: 'https://evil.example' }))).not.toContain('access-control-allow-origin');
    }
  });

  it('OPTIONS without a preflight tells what the route takes', async () => {
    for (const headers of [{}, { origin: known }]) {
      const answer = await ask(gateway, 'OPTIONS', '/v1/users/me', headers as Record<string, string>);
      expect([answer.status, answer.headers.get('allow')]).toEqual([204, expect.stringContaining('GET')]);
    }
  });

  it('answers can be read by those pages although they are of another site', async () => {
    expect((await ask(gateway, 'GET', '/healthz', { origin: known })).headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });
});

it('with * every page may call, and none with credentials', async () => {
  const gateway = await start({ CORS_ORIGINS: '*' });
  const answer = await preflight(gateway, 'https://anything.example');
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
  await expect(startGateway({ CORS_ORIGINS: '*', CORS_CREDENTIALS: 'true' })).rejects.toThrow('CORS_CREDENTIALS');
});

it('without origins no page of another one may call, and OPTIONS is as it was', async () => {
  const gateway = await start({});
  const answer = await preflight(gateway, known);
  expect([answer.status, corsHeadersOf(answer), answer.headers.get('allow')]).toEqual([204, [], expect.stringContaining('GET')]);
});

it.each(['https://app.example/', 'app.example', 'https://app.example/path', 'ftp://app.example', '', 'https://a.example https://b.example'])(
  '"%s" is no origin',
  async (origins) => {
    await expect(startGateway({ CORS_ORIGINS: origins })).rejects.toThrow('CORS_ORIGINS');
  },
);
