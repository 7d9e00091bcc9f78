import * as oauth from 'oauth4webapi';
import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { logIn, send, signUp } from './support/http';
import { until } from './support/service-process';
import { joinSigningKeys, type TokenIssuer } from './support/token-issuer';

// a client that knows the RFCs, and nothing of Gatehouse
const issuerUrl = new URL('http://127.0.0.1:8080');
const client: oauth.Client = { client_id: 'gatehouse' };
let gatehouse: Gatehouse;
let issuer: TokenIssuer;
let server: oauth.AuthorizationServer;
/** The public address leads to the gateway, as a proxy before it would have it. */
const overHttp = {
  [oauth.allowInsecureRequests]: true,
  [oauth.customFetch]: (url: string, init: oauth.CustomFetchOptions<string, URLSearchParams | undefined>) =>
    fetch(url.replace(issuerUrl.origin, gatehouse.url), init as RequestInit),
};
beforeAll(async () => {
  gatehouse = await startGatehouse();
  issuer = await joinSigningKeys(gatehouse);
  server = await oauth.processDiscoveryResponse(issuerUrl, await oauth.discoveryRequest(issuerUrl, { algorithm: 'oauth2', ...overHttp }));
});
afterAll(() => gatehouse.close());

const enter = async (name: string) =>
  (await signUp(gatehouse.url, `${name}@example.com`)).body as { accessToken: string; refreshToken: string; user: { id: string } };
const introspectorToken = () => issuer.access('018f0000-0000-7000-8000-000000000001', 0, ['tokens.introspect']);
const introspect = async (token: string) => {
  const asker = await introspectorToken();
  const authenticate: oauth.ClientAuth = (_server, _client, _body, headers) => headers.set('authorization', `Bearer ${asker}`);
  return oauth.processIntrospectionResponse(server, client, await oauth.introspectionRequest(server, client, authenticate, token, overHttp));
};
const form = (path: string, fields: Record<string, string>, token?: string) =>
  send(gatehouse.url, 'POST', path, { body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' }, token });

it('an OAuth client finds what there is, each at its place, and nothing that is not', async () => {
  const { issuer: name, response_types_supported: responseTypes, grant_types_supported: grants, ...rest } = server;
  expect([name, responseTypes, grants]).toEqual(['http://127.0.0.1:8080', [], ['refresh_token']]);
  const endpoints = Object.entries(rest).filter(([, value]) => typeof value === 'string') as [string, string][];
  expect(endpoints.map(([member]) => member).sort()).toEqual(['introspection_endpoint', 'jwks_uri', 'revocation_endpoint', 'token_endpoint']);
  for (const [member, url] of endpoints) {
    const { status } = await send(url.replace(issuerUrl.origin, gatehouse.url), member === 'jwks_uri' ? 'GET' : 'POST', '');
    expect(status).toBe(member === 'jwks_uri' ? 200 : 400);
  }
});

it('an OAuth client refreshes, introspects and revokes', async () => {
  const { refreshToken, user } = await enter('ada');
  const answer = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refreshToken, overHttp);
  const tokens = await oauth.processRefreshTokenResponse(server, client, answer);
  expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: expect.any(Number), refresh_token: expect.stringMatching(/^ghr_/) });

  const seen = await introspect(tokens.access_token);
  expect(seen).toMatchObject({ active: true, sub: user.id, client_id: 'gatehouse', token_type: 'Bearer', iss: server.issuer, exp: expect.any(Number) });
  expect((await introspect(tokens.refresh_token!)).active).toBe(true);

  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, oauth.None(), tokens.access_token, overHttp));
  for (const token of [tokens.access_token, tokens.refresh_token!, 'rubbish']) expect(await introspect(token)).toEqual({ active: false });
  const late = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token!, overHttp);
  await expect(oauth.processRefreshTokenResponse(server, client, late)).rejects.toMatchObject({ error: 'invalid_grant', status: 400 });
});

it('an OAuth client verifies an access token by the JWK Set, as RFC 9068 has it', async () => {
  const { accessToken, user } = await enter('grace');
  const request = new Request(`${issuerUrl.origin}/resource`, { headers: { authorization: `Bearer ${accessToken}` } });
  const claims = await oauth.validateJwtAccessToken(server, request, 'gatehouse', overHttp);
  expect(claims).toMatchObject({ iss: server.issuer, sub: user.id, client_id: 'gatehouse', jti: expect.any(String) });
});

it('mistakes are answered in the shapes of RFC 6749 §5.2 and RFC 6750 §3, and kept by nobody', async () => {
  const { accessToken, refreshToken } = await enter('bob');
  const rows: [string, Record<string, string>, string | undefined, number, string, RegExp | null][] = [
    ['/oauth2/token', {}, undefined, 400, 'invalid_request', null],
    ['/oauth2/token', { grant_type: 'password', username: 'a', password: 'b' }, undefined, 400, 'unsupported_grant_type', null],
    ['/oauth2/token', { grant_type: 'refresh_token' }, undefined, 400, 'invalid_request', null],
    ['/oauth2/token', { grant_type: 'refresh_token', refresh_token: 'ghr_x' }, undefined, 400, 'invalid_grant', null],
    ['/oauth2/token', { grant_type: 'refresh_token', refresh_token: refreshToken, scope: 'openid' }, undefined, 400, 'invalid_scope', null],
    ['/oauth2/revoke', {}, undefined, 400, 'invalid_request', null],
    ['/oauth2/introspect', { token: 'x' }, undefined, 401, 'invalid_client', /^Bearer$/],
    ['/oauth2/introspect', { token: 'x' }, 'rubbish', 401, 'invalid_token', /^Bearer error="invalid_token"/],
    ['/oauth2/introspect', { token: 'x' }, accessToken, 403, 'insufficient_scope', /^Bearer error="insufficient_scope", scope="tokens.introspect"$/],
    ['/oauth2/introspect', {}, await introspectorToken(), 400, 'invalid_request', null],
  ];
  for (const [path, fields, token, status, error, challenge] of rows) {
    const answer = await form(path, fields, token);
    expect([path, answer.status, answer.body.error]).toEqual([path, status, error]);
    expect([answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
    expect(answer.type).toBe('application/json');
    if (challenge) expect(answer.headers.get('www-authenticate')).toMatch(challenge);
    else expect(answer.headers.get('www-authenticate')).toBeNull();
  }
});

it('a scope is refused without spending the refresh token, and an empty one is none', async () => {
  const { refreshToken } = await enter('sue');
  const fields = { grant_type: 'refresh_token', refresh_token: refreshToken };
  const refused = await form('/oauth2/token', { ...fields, scope: 'users.read' });
  expect([refused.status, refused.body]).toEqual([
    400,
    { error: 'invalid_scope', error_description: 'scope must be left out: a token always stands for all that its person may do' },
  ]);
  const { status, headers, body } = await form('/oauth2/token', { ...fields, scope: '' });
  expect([status, headers.get('cache-control'), headers.get('pragma')]).toEqual([200, 'no-store', 'no-cache']);
  expect(body.refresh_token).not.toBe(refreshToken);
});

it('answers with tokens, and about them, are kept by nobody; the JWK Set by everybody, who asks for it anew by its tag', async () => {
  const revoked = await form('/oauth2/revoke', { token: 'rubbish', token_type_hint: 'refresh_token', client_id: 'anything' });
  expect([revoked.status, revoked.headers.get('cache-control')]).toEqual([200, 'no-store']);
  const introspected = await form('/oauth2/introspect', { token: 'rubbish' }, await introspectorToken());
  expect([introspected.status, introspected.body, introspected.headers.get('cache-control')]).toEqual([200, { active: false }, 'no-store']);

  const keys = await send(gatehouse.url, 'GET', '/.well-known/jwks.json');
  expect(keys.headers.get('cache-control')).toBe('public, max-age=300, stale-while-revalidate=60');
  const again = await send(gatehouse.url, 'GET', '/.well-known/jwks.json', { headers: { 'if-none-match': keys.headers.get('etag')! } });
  expect([again.status, again.body]).toEqual([304, undefined]);
  expect((await send(gatehouse.url, 'GET', '/.well-known/oauth-authorization-server')).headers.get('cache-control')).toBe('public, max-age=3600');
});

it('a token whose session has ended is told so to who shows it, in header and body alike', async () => {
  const { accessToken } = await enter('rev');
  expect((await send(gatehouse.url, 'POST', '/v1/users/me/sessions:revokeAll', { token: accessToken, body: {} })).status).toBe(200);
  const show = () => send(gatehouse.url, 'POST', '/oauth2/introspect', { token: accessToken, body: { token: accessToken } });
  await until('it is refused', async () => (await show()).status === 401);
  const { status, headers, body } = await show();
  expect([status, headers.get('www-authenticate'), body.error]).toEqual([401, expect.stringMatching(/^Bearer error="invalid_token"/), 'invalid_token']);
});

it('a key that is withdrawn is refused at the edge and behind it, while people who log in again go on', async () => {
  const { accessToken } = await enter('kim');
  const withdrawn = JSON.parse(Buffer.from(accessToken.split('.')[0]!, 'base64url').toString()).kid;
  const asKeeper = await issuer.access('018f0000-0000-7000-8000-000000000001', 0, ['keys.manage']);
  const answer = await send(gatehouse.url, 'POST', `/v1/keys/${withdrawn}:withdraw`, { token: asKeeper, body: {} });
  expect([answer.status, answer.body.key]).toEqual([200, expect.objectContaining({ kid: withdrawn, state: 'SIGNING_KEY_STATE_WITHDRAWN' })]);
  const { body } = await send(gatehouse.url, 'GET', '/.well-known/jwks.json');
  expect(body.keys.map(({ kid }: { kid: string }) => kid)).not.toContain(withdrawn);
  // `user` asks for a key that it does not know, once a second at most
  await until('people log in', async () => Boolean(await logIn(gatehouse.url, { email: 'kim@example.com', password: 'correct horse battery' })));
  const fresh = await logIn(gatehouse.url, { email: 'kim@example.com', password: 'correct horse battery' });
  await until('the edge knows the key', async () => (await send(gatehouse.url, 'GET', '/v1/users/me', { token: fresh })).status === 200);
  const late = await send(gatehouse.url, 'GET', '/v1/users/me', { token: accessToken });
  expect([late.status, late.body.reason]).toEqual([401, 'TOKEN_EXPIRED']);
});
