import { type Gatehouse, startGatehouse, type GatehouseOptions } from './gatehouse';
import { logIn, send, signUp } from './http';
import { startValidatingProxy, type ValidatingProxy } from './validating-proxy';

/** The tests of what everybody does, on the three services as they are started by `options`. */
export function testWalk(options: () => Promise<GatehouseOptions>): void {
  let gatehouse: Gatehouse;
  let proxy: ValidatingProxy;
  beforeAll(async () => {
    gatehouse = await startGatehouse(await options());
    proxy = await startValidatingProxy(gatehouse.url);
  });
  afterAll(async () => {
    await proxy?.close();
    await gatehouse?.close();
  });

  describe('a person', () => {
    it('signs up, reads themselves, refreshes, logs out and in again', async () => {
      const { url } = proxy;
      const signedUp = await signUp(url, 'Ada@example.com');
      expect(signedUp).toMatchObject({
        status: 200,
        type: 'application/json',
        body: {
          user: { email: 'Ada@example.com', displayName: 'Ada', status: 'USER_STATUS_ACTIVE', roles: ['ROLE_MEMBER'] },
          tokenType: 'Bearer',
          expiresIn: expect.any(Number),
          verificationRequired: false,
        },
      });
      // a quarter of an hour, less AUTH_ACCESS_TOKEN_JITTER_SECONDS at most
      expect(signedUp.body.expiresIn).toBeGreaterThanOrEqual(840);
      expect(signedUp.body.expiresIn).toBeLessThanOrEqual(900);
      const { accessToken, refreshToken, user } = signedUp.body;
      expect((await send(url, 'GET', '/v1/users/me', { token: accessToken })).body).toEqual(user);
      expect((await send(url, 'GET', `/v1/users/${user.id}`, { token: accessToken })).body).toEqual(user);

      const refreshed = await send(url, 'POST', '/v1/auth/refresh', { body: { refreshToken } });
      expect(refreshed.status).toBe(200);
      expect(Object.keys(refreshed.body).sort()).toEqual(['accessToken', 'expiresIn', 'refreshToken', 'tokenType']);
      expect((await send(url, 'GET', '/v1/users/me', { token: refreshed.body.accessToken })).body).toEqual(user);

      expect(await send(url, 'POST', '/v1/auth/logout', { body: { refreshToken: refreshed.body.refreshToken } })).toMatchObject({ status: 200, body: {} });
      expect(await send(url, 'POST', '/v1/auth/refresh', { body: { refreshToken: refreshed.body.refreshToken } })).toMatchObject({
        status: 401,
        body: { reason: 'REFRESH_TOKEN_INVALID' },
      });
      const token = await logIn(url, { email: 'ada@EXAMPLE.com', password: 'correct horse battery' });
      expect((await send(url, 'GET', '/v1/users/me', { token })).body.id).toBe(user.id);
    });

    it('gets their tokens verified by anyone with the published keys', async () => {
      const { status, body } = await send(proxy.url, 'GET', '/.well-known/jwks.json');
      expect(status).toBe(200);
      expect(body.keys).toEqual([{ kty: 'OKP', crv: 'Ed25519', x: expect.any(String), kid: expect.any(String), alg: 'EdDSA', use: 'sig' }]);
    });
  });

  describe('an administrator', () => {
    it('creates and lists people, whom nobody can claim by signing up', async () => {
      const { url } = proxy;
      const { administrator } = gatehouse;
      const token = await logIn(url, administrator);
      const created = await send(url, 'POST', '/v1/users', { token, body: { email: 'grace@example.com', displayName: 'Grace' } });
      expect(created).toMatchObject({ status: 200, body: { email: 'grace@example.com', displayName: 'Grace', roles: ['ROLE_MEMBER'] } });
      expect(await signUp(url, 'grace@example.com')).toMatchObject({ status: 409, body: { code: 'ALREADY_EXISTS', reason: 'EMAIL_TAKEN' } });
      expect(await signUp(url, 'GRACE@example.com')).toMatchObject({ status: 409 });

      const first = await send(url, 'GET', '/v1/users?pageSize=1', { token });
      expect(first.body.users).toHaveLength(1);
      const second = await send(url, 'GET', `/v1/users?page_size=100&pageToken=${first.body.nextPageToken}`, { token });
      const emails = [...first.body.users, ...second.body.users].map(({ email }: { email: string }) => email);
      expect(emails).toEqual(expect.arrayContaining([administrator.email, 'grace@example.com']));
      expect(second.body.nextPageToken).toBe('');
    });

    it('repeats a request by its request_id', async () => {
      const { url } = proxy;
      const { administrator } = gatehouse;
      const token = await logIn(url, administrator);
      const body = { email: 'once@example.com', requestId: '3f0c1a52-7b1e-4d5c-9c39-6d0f3a8e1b77' };
      const first = await send(url, 'POST', '/v1/users', { token, body });
      expect(await send(url, 'POST', '/v1/users', { token, body })).toMatchObject({ status: 200, body: first.body });
      expect(await send(url, 'POST', '/v1/users', { token, body: { ...body, displayName: 'Other' } })).toMatchObject({
        status: 422,
        body: { reason: 'REQUEST_ID_REUSED' },
      });
    });
  });

  it('nothing went by that the OpenAPI document does not say', () => expect(proxy.deviations).toEqual([]));
}
