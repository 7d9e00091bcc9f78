import { permissionDenied, stepUpRequired } from '@gatehouse/contracts/api';
import { AppError } from '@gatehouse/errors';
import { createTestIssuer } from '@gatehouse/access/testing';
import { type GatewayUnderTest, pause, startGateway } from './gateway-under-test';
import { realm } from './upstreams';

const ada = '018f0000-0000-7000-8000-000000000001';
const foreignTrace = '0af7651916cd43dd8448eb211c80319c';
const credentials = { email: 'ada@example.com', password: 'correct horse' };

let gateway: GatewayUnderTest;
beforeAll(async () => (gateway = await startGateway()));
beforeEach(() => gateway.upstreams.calls.splice(0));
afterAll(() => gateway.close());

interface Call {
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
}
async function ask(method: string, path: string, { body, token, headers }: Call = {}) {
  const response = await fetch(gateway.url + path, {
    method,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}
const verdictOf = ({ status, body }: { status: number; body: { reason?: string } }) => `${status} ${body.reason ?? ''}`;

describe('a token', () => {
  it('that is good goes on to the service, which judges by itself', async () => {
    const token = await gateway.upstreams.issuer.accessToken({ id: ada });
    expect(await ask('GET', '/v1/users/me', { token })).toMatchObject({ status: 200 });
    expect(gateway.upstreams.calls).toMatchObject([{ method: 'GetUser', request: { id: 'me' } }]);
    expect(gateway.upstreams.calls[0]?.call.metadata.get('authorization')).toBe(`Bearer ${token}`);
    expect(verdictOf(await ask('GET', '/v1/users', { token }))).toBe('403 PERMISSION_DENIED');
  });

  it('that is missing, expired, foreign or for somebody else never gets past the gateway', async () => {
    const { issuer } = gateway.upstreams;
    const foreign = await createTestIssuer(realm);
    const elsewhere = await createTestIssuer({ ...realm, issuer: 'https://elsewhere.test' });
    expect(verdictOf(await ask('GET', '/v1/users/me'))).toBe('401 TOKEN_MISSING');
    expect(verdictOf(await ask('GET', '/v1/users/me', { token: await issuer.accessToken({ id: ada, expiresInSeconds: -10 }) }))).toBe('401 TOKEN_EXPIRED');
    expect(verdictOf(await ask('GET', '/v1/users/me', { token: await foreign.accessToken({ id: ada }) }))).toBe('401 TOKEN_INVALID');
    expect(verdictOf(await ask('GET', '/v1/users/me', { token: await elsewhere.accessToken({ id: ada }) }))).toBe('401 TOKEN_INVALID');
    expect(verdictOf(await ask('GET', '/v1/users/me', { token: await issuer.accessToken({ id: ada }, { aud: 'another' }) }))).toBe('401 TOKEN_INVALID');
    expect(gateway.upstreams.calls.map(({ method }) => method)).not.toContain('GetUser');
  });

  it('is asked for as RFC 6750 has it, and only where one is meant', async () => {
    expect((await ask('GET', '/v1/users/me')).headers.get('www-authenticate')).toBe('Bearer');
    expect((await ask('GET', '/v1/users/me', { token: 'rubbish' })).headers.get('www-authenticate')).toBe(
      'Bearer error="invalid_token", error_description="the access token is not valid here"',
    );
    const token = await gateway.upstreams.issuer.accessToken({ id: ada });
    gateway.upstreams.answers['GetUser'] = () => Promise.reject(permissionDenied({ permission: 'users.read' }));
    expect((await ask('GET', '/v1/users/me', { token })).headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="users.read"');
    delete gateway.upstreams.answers['GetUser'];
    gateway.upstreams.answers['Login'] = () =>
      Promise.reject(new AppError({ code: 'UNAUTHENTICATED', reason: 'INVALID_CREDENTIALS', domain: 'auth.gatehouse', message: 'no' }));
    expect((await ask('POST', '/v1/auth/login', { body: credentials })).headers.get('www-authenticate')).toBe('Bearer');
    delete gateway.upstreams.answers['Login'];
  });

  it('of a proof too old or too weak is told which one is asked for, as RFC 9470 has it', async () => {
    const now = Math.floor(Date.now() / 1000);
    const enroll = async (claims: object) =>
      ask('POST', '/v1/auth/factors:enrollTotp', { body: {}, token: await gateway.upstreams.issuer.accessToken({ id: ada }, { ...claims }) });
    const refused = await enroll({ auth_time: now - 700 });
    expect(verdictOf(refused)).toBe('401 STEP_UP_REQUIRED');
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="insufficient_user_authentication", acr_values="aal1", max_age="600"');
    expect(refused.body.metadata).toEqual({ acr: 'aal1', max_age: '600' });
    expect((await enroll({ auth_time: now })).status).toBe(200);

    gateway.upstreams.answers['EnrollTotp'] = () => Promise.reject(stepUpRequired({ acr: 'aal2', max_age: '' }));
    expect((await enroll({})).headers.get('www-authenticate')).toBe('Bearer error="insufficient_user_authentication", acr_values="aal2"');
    delete gateway.upstreams.answers['EnrollTotp'];
  });

  it('of any kind is no matter to a public method', async () => {
    for (const authorization of ['Bearer rubbish', 'Basic YTpi', `Bearer ${'x'.repeat(12_000)}`])
      expect((await ask('POST', '/v1/auth/login', { body: credentials, headers: { authorization } })).status).toBe(200);
  });
});

describe('the verdicts', () => {
  it('come in the order unreadable, 401, 403, violations', async () => {
    const { issuer } = gateway.upstreams;
    const person = await issuer.accessToken({ id: ada });
    const administrator = await issuer.accessToken({ id: ada, permissions: ['users.create'] });
    const wrong = { email: 'no email' };
    expect(verdictOf(await ask('POST', '/v1/users', { body: { ...wrong, unknown: 1 } }))).toBe('400 REQUEST_UNREADABLE');
    expect(verdictOf(await ask('POST', '/v1/users', { body: wrong }))).toBe('401 TOKEN_MISSING');
    expect(verdictOf(await ask('POST', '/v1/users', { body: wrong, token: person }))).toBe('403 PERMISSION_DENIED');
    expect(verdictOf(await ask('POST', '/v1/users', { body: wrong, token: administrator }))).toBe('400 VALIDATION_FAILED');
    expect((await ask('POST', '/v1/users', { body: { email: 'b@example.com' }, token: administrator })).status).toBe(200);
  });
});

describe('a call', () => {
  it('carries the id of its request, the languages of its caller and nothing else that the client chose', async () => {
    const { headers } = await ask('POST', '/v1/auth/login', {
      body: credentials,
      headers: {
        'x-request-id': 'mine',
        'x-forwarded-for': '1.2.3.4',
        cookie: 'a=b',
        'grpc-timeout': '9S',
        'x-gatehouse-user': ada,
        traceparent: `00-${foreignTrace}-b7ad6b7169203331-01`,
      },
    });
    const [{ call }] = gateway.upstreams.calls as [(typeof gateway.upstreams.calls)[0]];
    expect(call.requestId).toBe(headers.get('x-request-id'));
    expect([...call.metadata.keys()].filter((key) => !['user-agent', 'x-request-id', 'traceparent', 'tracestate'].includes(key))).toEqual([
      'accept-language',
      'gatehouse-client-address',
      'gatehouse-client-user-agent',
    ]);
    expect(call.metadata.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-/);
    expect(call.metadata.get('traceparent')).not.toContain(foreignTrace);
  });

  it('ends when its client goes away', async () => {
    const ended = new Promise((resolve) => {
      gateway.upstreams.answers['Login'] = (_request, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            resolve(signal.reason);
            reject(signal.reason);
          }),
        );
    });
    const controller = new AbortController();
    const request = fetch(`${gateway.url}/v1/auth/login`, {
      method: 'POST',
      body: JSON.stringify(credentials),
      headers: { 'content-type': 'application/json' },
      signal: controller.signal,
    }).catch(() => 'gone');
    while (!gateway.upstreams.calls.length) await pause(5);
    controller.abort();
    expect(await request).toBe('gone');
    expect(await ended).toMatchObject({ code: 'CANCELLED' });
    delete gateway.upstreams.answers['Login'];
    expect((await ask('POST', '/v1/auth/login', { body: credentials })).status).toBe(200);
  });

  it('goes on without what gRPC cannot carry of its languages', async () => {
    const token = await gateway.upstreams.issuer.accessToken({ id: ada });
    expect((await ask('GET', '/v1/users/me', { token, headers: { 'accept-language': 'd\u00e9' } })).status).toBe(200);
  });

  it('that fails tells why in the language of its caller, where there is a translation', async () => {
    gateway.upstreams.answers['SignUp'] = () =>
      Promise.reject(new AppError({ code: 'ALREADY_EXISTS', reason: 'EMAIL_TAKEN', domain: 'auth.gatehouse', message: 'taken' }));
    const german = await ask('POST', '/v1/auth/signup', { body: credentials, headers: { 'accept-language': 'fr, de-CH;q=0.8' } });
    expect(german.body).toMatchObject({ title: 'E-Mail-Adresse vergeben', detail: expect.stringContaining('Melden Sie sich an'), reason: 'EMAIL_TAKEN' });
    expect([german.headers.get('content-language'), german.headers.get('vary')]).toEqual(['de', expect.stringContaining('Accept-Language')]);
    const french = await ask('POST', '/v1/auth/signup', { body: credentials, headers: { 'accept-language': 'fr' } });
    expect([french.body.title, french.headers.get('content-language')]).toEqual(['Email taken', null]);
    delete gateway.upstreams.answers['SignUp'];
  });

  it('that fails with an error of the contract gives that error, with one of ours an id, and no more', async () => {
    gateway.upstreams.answers['SignUp'] = () =>
      Promise.reject(
        new AppError({ code: 'ALREADY_EXISTS', reason: 'EMAIL_TAKEN', domain: 'auth.gatehouse', message: 'taken', cause: new Error('users_email_key') }),
      );
    const taken = await ask('POST', '/v1/auth/signup', { body: credentials });
    expect(taken.headers.get('content-type')).toBe('application/problem+json');
    expect(taken.body).toEqual({
      type: '/docs/errors/auth.gatehouse/EMAIL_TAKEN',
      title: 'Email taken',
      instance: '/v1/auth/signup',
      status: 409,
      detail: 'taken',
      code: 'ALREADY_EXISTS',
      reason: 'EMAIL_TAKEN',
      domain: 'auth.gatehouse',
      requestId: taken.headers.get('x-request-id'),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    gateway.upstreams.answers['SignUp'] = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.5'));
    const broken = await ask('POST', '/v1/auth/signup', { body: credentials });
    expect(broken.body).toMatchObject({ status: 500, detail: 'internal error', metadata: { error_id: expect.any(String) } });
    expect(broken.text).not.toContain('ECONNREFUSED');
    delete gateway.upstreams.answers['SignUp'];
  });
});

it('no body at all is a fault of ours', async () => {
  let state = 2_026;
  const random = (below: number) => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  const token = await gateway.upstreams.issuer.accessToken({ id: ada, permissions: ['users.create'] });
  const seeds = [JSON.stringify({ ...credentials, displayName: 'A\u00e9\ud83d\ude00', requestId: ada }), '{"refreshToken":"x"}', '[{"a":[null,1e999,-0.5]}]'];
  const paths = ['/v1/auth/signup', '/v1/auth/login', '/v1/auth/refresh', '/v1/auth/logout', '/v1/users'];
  const statuses = new Map<number, number>();
  for (let round = 0; round < 1_500; round++) {
    const bytes = Buffer.from(seeds[random(seeds.length)]!);
    for (let change = random(4); change > 0; change--) bytes[random(bytes.length)] = random(3) ? '{}[]",:\\u0 1e-'.charCodeAt(random(14)) : random(256);
    const response = await fetch(gateway.url + paths[random(paths.length)], {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    });
    await response.arrayBuffer();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  }
  expect([...statuses.keys()].sort()).toEqual([200, 400]);
});
