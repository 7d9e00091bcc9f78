import { SignJWT, generateKeyPair } from 'jose';
import { connect } from 'node:net';
import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { type Answer, logIn, send, signUp } from './support/http';
import { startValidatingProxy, type ValidatingProxy } from './support/validating-proxy';

let gatehouse: Gatehouse;
let proxy: ValidatingProxy;
let token: string;
let adminToken: string;
let userId: string;
beforeAll(async () => {
  gatehouse = await startGatehouse();
  proxy = await startValidatingProxy(gatehouse.url);
  const { body } = await signUp(proxy.url, 'ada@example.com');
  token = body.accessToken;
  userId = body.user.id;
  adminToken = await logIn(proxy.url, gatehouse.administrator);
});
afterAll(async () => {
  await proxy.close();
  await gatehouse.close();
});

/** A problem document of the right shape, with nothing in it that only we should know. */
function expectProblem(answer: Answer, status: number, code: string, reason: string, fields: readonly string[] = []): void {
  expect([answer.status, answer.body?.code, answer.body?.reason, (answer.body?.violations ?? []).map(({ field }: { field: string }) => field)]).toEqual([
    status,
    code,
    reason,
    fields,
  ]);
  expect(answer.type).toBe('application/problem+json');
  expect(answer.body).toMatchObject({ type: `/docs/errors/${answer.body.domain}/${reason}`, title: expect.any(String), status, detail: expect.any(String) });
  const text = JSON.stringify(answer.body);
  for (const secret of ['at /', '.ts', '.cjs', 'select ', 'insert ', '127.0.0.1', 'ECONN', 'postgres', 'node_modules', 'stack'])
    expect(text).not.toContain(secret);
}

const unreadable = [400, 'INVALID_ARGUMENT', 'REQUEST_UNREADABLE'] as const;
const invalid = [400, 'INVALID_ARGUMENT', 'VALIDATION_FAILED'] as const;
const person = { email: 'new@example.com', password: 'correct horse battery' };

describe('a body', () => {
  const signUpWith = (body: unknown, headers?: Record<string, string>) => send(proxy.url, 'POST', '/v1/auth/signup', { body, headers });

  it.each<[string, string | Uint8Array | undefined, string[]]>([
    ['that is malformed', '{"email":', ['']],
    ['that is followed by more', '{} {}', ['']],
    ['that is missing', undefined, ['']],
    ['that is empty', '', ['']],
    ['that is null', 'null', ['']],
    ['that is a list', '[]', ['']],
    ['with an unknown field', JSON.stringify({ ...person, admin: true }), ['admin']],
    ['with a repeated key', '{"email":"a@example.com","email":"b@example.com","password":"12345678"}', ['email']],
    ['with a repeated key written in two ways', '{"email":"a@example.com","\\u0065mail":"b@example.com"}', ['email']],
    ['with a field by both of its names', '{"display_name":"a","displayName":"b"}', ['displayName']],
    ['with __proto__', '{"__proto__":{"email":"a@example.com"}}', ['__proto__']],
    ['with a number for a string', JSON.stringify({ ...person, email: 5 }), ['email']],
    ['with an object for a string', JSON.stringify({ ...person, password: {} }), ['password']],
    ['with half of a surrogate pair', '{"email":"a@example.com","password":"12345678","displayName":"\\ud800"}', ['displayName']],
    ['that is not UTF-8', Buffer.concat([Buffer.from('{"email":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]), ['']],
    ['with a byte order mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{}')]), ['']],
    ['that is nested too deeply', `${'['.repeat(100)}${']'.repeat(100)}`, ['']],
  ])('%s is unreadable', async (_name, body, fields) => {
    expectProblem(await signUpWith(body, { 'content-type': 'application/json' }), ...unreadable, fields);
  });

  it.each<[string, object, string[]]>([
    ['no email', { password: 'correct horse battery' }, ['email']],
    ['an ill-formed email', { ...person, email: 'ada' }, ['email']],
    ['an email that is too long', { ...person, email: `${'a'.repeat(60)}@${'b'.repeat(200)}.com` }, ['email', 'email']],
    ['a password under 8 characters', { ...person, password: '1234567' }, ['password']],
    ['a password over 256 characters', { ...person, password: 'x'.repeat(257) }, ['password']],
    ['NUL in a name', { ...person, displayName: 'a\0b' }, ['displayName']],
    ['several faults at once', { email: 'ada', password: '1', requestId: 'x' }, ['email', 'password', 'requestId']],
  ])('with %s breaks a rule', async (_name, body, fields) => {
    expectProblem(await signUpWith(body), ...invalid, fields);
  });

  it('of another type, and one that is too large, are refused', async () => {
    expectProblem(await signUpWith('email=a', { 'content-type': 'application/x-www-form-urlencoded' }), 415, 'INVALID_ARGUMENT', 'MEDIA_TYPE_UNSUPPORTED');
    expectProblem(await signUpWith('{}', { 'content-type': 'application/json; charset=latin1' }), 415, 'INVALID_ARGUMENT', 'MEDIA_TYPE_UNSUPPORTED');
    expectProblem(await signUpWith({ ...person, displayName: 'x'.repeat(70_000) }), 413, 'INVALID_ARGUMENT', 'REQUEST_TOO_LARGE');
  });
});

describe('a path', () => {
  it('that no route has is 404, and a method that it does not take 405', async () => {
    for (const path of ['/', '/v1/nothing', '/v1/users/', '/v1/users/a/b', '/V1/users', '/v1/users/me/', '//v1/users'])
      expectProblem(await send(proxy.url, 'GET', path), 404, 'UNIMPLEMENTED', 'METHOD_UNKNOWN');
    const answer = await send(proxy.url, 'PUT', '/v1/users/me');
    expectProblem(answer, 405, 'UNIMPLEMENTED', 'HTTP_METHOD_UNSUPPORTED');
    expect(answer.headers.get('allow')).toBe('DELETE, GET, HEAD, PATCH');
  });

  it('that is no text is unreadable', async () => {
    for (const path of ['/v1/users/%ff', '/v1/users/%zz']) expect((await send(proxy.url, 'GET', path, { token: adminToken })).status).toBe(400);
  });

  it('with an unknown id is 404 to an administrator, with an ill-formed one 400', async () => {
    const ask = (id: string) => send(proxy.url, 'GET', `/v1/users/${id}`, { token: adminToken });
    expectProblem(await ask('018f0000-0000-7000-8000-000000000001'), 404, 'NOT_FOUND', 'USER_NOT_FOUND');
    expectProblem(await ask('no-uuid'), ...invalid, ['id']);
    expectProblem(await ask('%00'), ...invalid, ['id', 'id']);
  });
});

describe('a query', () => {
  const list = (query: string) => send(proxy.url, 'GET', `/v1/users?${query}`, { token: adminToken });

  it.each<[string, string[]]>([
    ['pageSize=ten', ['pageSize']],
    ['pageSize=99999999999', ['pageSize']],
    ['pageSize=1&pageSize=2', ['pageSize']],
    ['pageSize=1&page_size=2', ['page_size']],
    ['nothing=1', ['nothing']],
    ['users=1', ['users']],
    ['pageToken=%ff', ['pageToken']],
  ])('%s is unreadable', async (query, fields) => expectProblem(await list(query), ...unreadable, fields));

  it('with a value that breaks a rule is told so', async () => {
    expectProblem(await list('pageSize=-1'), ...invalid, ['pageSize']);
    expectProblem(await list('pageToken=made-up'), 400, 'INVALID_ARGUMENT', 'PAGE_TOKEN_INVALID', ['pageToken']);
  });
});

describe('a token', () => {
  const me = (authorization?: string) => send(proxy.url, 'GET', '/v1/users/me', { headers: authorization === undefined ? {} : { authorization } });
  const unauthenticated = (reason: string) => [401, 'UNAUTHENTICATED', reason] as const;

  it('that is missing is asked for', async () => {
    const answer = await me();
    expectProblem(answer, ...unauthenticated('TOKEN_MISSING'));
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('that is foreign, tampered with, unsigned or of another scheme is refused', async () => {
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const { privateKey } = await generateKeyPair('EdDSA');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const protectedHeader = JSON.parse(Buffer.from(header, 'base64url').toString());
    const foreign = await new SignJWT(claims).setProtectedHeader(protectedHeader).sign(privateKey);
    const tampered = `${header}.${Buffer.from(JSON.stringify({ ...claims, permissions: ['users.read'] })).toString('base64url')}.${signature}`;
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${payload}.`;
    for (const bad of [foreign, tampered, unsigned, 'rubbish', 'a.b.c']) expectProblem(await me(`Bearer ${bad}`), ...unauthenticated('TOKEN_INVALID'));
    expectProblem(await me(`Basic ${Buffer.from('a:b').toString('base64')}`), ...unauthenticated('TOKEN_MISSING'));
  });

  it('is asked for before the request is judged, and the right before existence and form', async () => {
    expectProblem(await send(proxy.url, 'POST', '/v1/users', { body: { email: 'no email' } }), ...unauthenticated('TOKEN_MISSING'));
    const forbidden = [403, 'PERMISSION_DENIED', 'PERMISSION_DENIED'] as const;
    expectProblem(await send(proxy.url, 'POST', '/v1/users', { token, body: { email: 'no email' } }), ...forbidden);
    for (const id of ['018f0000-0000-7000-8000-000000000001', 'no-uuid'])
      expectProblem(await send(proxy.url, 'GET', `/v1/users/${id}`, { token }), ...forbidden);
    expect((await send(proxy.url, 'GET', `/v1/users/${userId}`, { token })).status).toBe(200);
    expectProblem(await send(proxy.url, 'GET', '/v1/users', { token }), ...forbidden);
  });
});

describe('credentials', () => {
  it('that are wrong get one answer, whatever is wrong with them', async () => {
    const logInWith = (email: string, password: string) => send(proxy.url, 'POST', '/v1/auth/login', { body: { email, password } });
    const wrong = await logInWith('ada@example.com', 'wrong password');
    expectProblem(wrong, 401, 'UNAUTHENTICATED', 'INVALID_CREDENTIALS');
    const unknown = await logInWith('nobody@example.com', 'wrong password');
    const { traceId: _1, requestId: _2, ...one } = wrong.body;
    const { traceId: _3, requestId: _4, ...other } = unknown.body;
    expect(one).toEqual(other);
  });

  it('that are taken, and dead refresh tokens, are told so', async () => {
    expectProblem(await signUp(proxy.url, 'ADA@example.com'), 409, 'ALREADY_EXISTS', 'EMAIL_TAKEN');
    expectProblem(await send(proxy.url, 'POST', '/v1/auth/refresh', { body: { refreshToken: 'ghr_dead' } }), 401, 'UNAUTHENTICATED', 'REFRESH_TOKEN_INVALID');
    expect((await send(proxy.url, 'POST', '/v1/auth/logout', { body: { refreshToken: 'ghr_dead' } })).status).toBe(200);
  });
});

describe('what is no HTTP, or could be read in two ways', () => {
  const raw = (text: string) =>
    new Promise<string>((resolve, reject) => {
      let answer = '';
      const socket = connect(gatehouse.ports.http, '127.0.0.1', () => socket.end(text));
      socket
        .on('data', (chunk) => (answer += chunk))
        .on('end', () => resolve(answer))
        .on('error', reject);
    });

  it.each([
    ['nonsense', 'nonsense\r\n\r\n'],
    ['two lengths', 'POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['a length and chunks', 'POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two hosts', 'GET /v1/users/me HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n'],
    ['chunks in HTTP/1.0', 'POST /v1/auth/login HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ])('%s is refused as a problem', async (_name, text) => {
    const answer = await raw(text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('application/problem+json');
  });
});

describe('what can be written in several ways', () => {
  it('is one person by each form of the email, password and id', async () => {
    const post = (path: string, body: object) => send(gatehouse.url, 'POST', path, { body });
    const signedUp = await post('/v1/auth/signup', { email: 'Kurt@B\u00dcCHER.example', password: 'cafe\u0301 au lait', displayName: '  Kurt\u00a0 G. ' });
    expect(signedUp.status).toBe(200);
    const { id } = (signedUp.body as { user: { id: string } }).user;
    expect(signedUp.body).toMatchObject({ user: { email: 'Kurt@xn--bcher-kva.example', displayName: 'Kurt G.' } });
    for (const email of ['kurt@bu\u0308cher.example', 'KURT@XN--BCHER-KVA.EXAMPLE']) {
      expect((await post('/v1/auth/login', { email, password: 'caf\u00e9\u00a0au lait' })).body).toMatchObject({ user: { id } });
      expectProblem(await post('/v1/auth/signup', { email, password: 'another password' }), 409, 'ALREADY_EXISTS', 'EMAIL_TAKEN');
    }
    const own = (signedUp.body as { accessToken: string }).accessToken;
    expect((await send(gatehouse.url, 'GET', `/v1/users/${id.toUpperCase()}`, { token: own })).body).toMatchObject({ id });
  });
});

it('nothing of all this ended a process or was a fault of ours', () => {
  for (const { child, lines } of Object.values(gatehouse.processes)) {
    expect(child.exitCode).toBeNull();
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  }
});

it('nothing went by that the OpenAPI document does not say', () => expect(proxy.deviations).toEqual([]));
