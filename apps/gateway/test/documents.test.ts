import { type GatewayUnderTest, startGateway } from './gateway-under-test';
import { parse } from 'yaml';

let gateway: GatewayUnderTest;
beforeAll(async () => (gateway = await startGateway()));
afterAll(() => gateway.close());

interface Shown {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string; security: unknown; responses: Record<string, { $ref?: string; description?: string }> }>>;
  components: { schemas: Record<string, unknown>; responses: Record<string, { description: string }> };
}
const get = (path: string, headers: Record<string, string> = {}) => fetch(gateway.url + path, { headers });

it('serves the OpenAPI document as JSON and as YAML, the same in both', async () => {
  const [json, yaml] = await Promise.all([get('/openapi.json'), get('/openapi.yaml')]);
  expect([json.status, json.headers.get('content-type'), yaml.status, yaml.headers.get('content-type')]).toEqual([
    200,
    'application/json',
    200,
    'application/yaml',
  ]);
  const document = (await json.json()) as Shown;
  expect(document.openapi).toBe('3.1.1');
  expect(parse(await yaml.text())).toEqual(document);
});

it('sends a document once to whoever keeps it', async () => {
  for (const path of ['/openapi.json', '/openapi.yaml', '/docs', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js']) {
    for (const encoding of ['gzip', 'identity']) {
      const first = await get(path, { 'accept-encoding': encoding });
      const etag = first.headers.get('etag')!;
      expect([path, first.status, first.headers.get('cache-control'), first.headers.get('vary'), first.headers.get('content-encoding')]).toEqual([
        path,
        200,
        'public, no-cache',
        'accept-encoding',
        encoding === 'gzip' ? 'gzip' : null,
      ]);
      const second = await get(path, { 'accept-encoding': encoding, 'if-none-match': `"other", W/${etag}` });
      expect([second.status, await second.text()]).toEqual([304, '']);
    }
  }
});

it('has a page for every reason, where the type of its problems leads', async () => {
  const answer = await get('/v1/users/me');
  const problem = (await answer.json()) as { type: string; title: string };
  expect(problem).toMatchObject({ type: '/docs/errors/gatehouse/TOKEN_MISSING', title: 'Access token missing' });
  const page = await get(problem.type);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(await page.text()).toContain('<h1>Access token missing</h1>');
  const list = await (await get('/docs/errors')).text();
  const { components } = (await (await get('/openapi.json')).json()) as Shown;
  const reasons = Object.keys(components.schemas).filter((name) => /\.[A-Z_]+$/.test(name));
  expect(reasons.length).toBeGreaterThan(15);
  for (const name of reasons) {
    const path = `/docs/errors/${name.replace(/\.(?=[A-Z_]+$)/, '/')}`;
    expect(list).toContain(`href="${path}"`);
    expect((await get(path)).status).toBe(200);
  }
  expect((await get('/docs/errors/gatehouse/NOTHING')).status).toBe(404);
});

it('says of each route who may call it and what may go wrong, and nothing of internal methods', async () => {
  const { paths, components } = (await (await get('/openapi.json')).json()) as Shown;
  expect(paths['/v1/users']!.post).toMatchObject({ operationId: 'UserService_CreateUser', security: [{ bearer: ['users.create'] }] });
  expect(paths['/v1/users/{id}']!.get!.security).toEqual([{ bearer: [] }]);
  expect(paths['/v1/auth/login']!.post!.security).toEqual([]);
  expect(paths['/v1/auth/login']!.post!.responses['401']!.description).toContain('INVALID_CREDENTIALS');
  expect(paths['/v1/auth/login']!.post!.responses['401']!.description).not.toContain('TOKEN_MISSING');
  expect(paths['/v1/users/{id}']!.get!.responses['401']).toEqual({ $ref: '#/components/responses/Unauthorized' });
  expect(components.responses.Unauthorized!.description).toContain('TOKEN_EXPIRED');
  expect(components.schemas['user.gatehouse.EMAIL_TAKEN']).toMatchObject({
    title: 'EMAIL_TAKEN',
    allOf: [{}, { properties: { status: { const: 409 }, code: { const: 'ALREADY_EXISTS' }, domain: { const: 'user.gatehouse' } } }],
  });
  expect(components.schemas['gatehouse.INTERNAL']).toMatchObject({ allOf: [{}, { properties: { metadata: { required: ['error_id'] } } }] });
  expect(JSON.stringify(paths)).not.toContain('ResolvePerson');
});

it('answers errors as the document says: every reason in an answer is among those of its status', async () => {
  const { paths } = (await (await get('/openapi.json')).json()) as Shown;
  const answer = await fetch(`${gateway.url}/v1/users/me`);
  const { reason } = (await answer.json()) as { reason: string };
  const { $ref } = paths['/v1/users/{id}']!.get!.responses[String(answer.status)]!;
  const { components } = (await (await get('/openapi.json')).json()) as Shown;
  expect(components.responses[$ref!.split('/').at(-1)!]!.description).toContain(`\`${reason}\``);
});

it('shows a page that may run its own script alone, and talk to its own origin alone', async () => {
  const page = await get('/docs');
  const policy = page.headers.get('content-security-policy')!;
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(policy).toMatch(/^default-src 'none'; script-src 'self' 'sha256-[^']+'; style-src 'self' 'sha256-[^']+';/);
  expect(policy).not.toContain('unsafe');
  expect(policy).toContain("connect-src 'self'");
  expect(await page.text()).not.toMatch(/(src|href)="(https?:)?\/\//);
});

it('hides the password that is typed on its page, and lets a password manager fill it in', async () => {
  const html = await (await get('/docs')).text();
  expect(html.match(/<input[^>]*password[^>]*>/g)).toEqual([expect.stringMatching(/(?=.*type="password")(?=.*autocomplete="current-password")/)]);
  expect(html).not.toMatch(/paste/i);
});

it('has no other path than these for its documents', async () => {
  for (const path of ['/docs/', '/docs/../openapi.json', '/docs/package.json', '/openapi'])
    expect((await get(path)).status).toBe(path.includes('..') ? 200 : 404);
  expect((await fetch(`${gateway.url}/openapi.json`, { method: 'POST' })).status).toBe(404);
});
