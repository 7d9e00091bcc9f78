import { descriptorSet as authContract, TokenServiceDefinition } from '@gatehouse/contracts/auth';
import { UserStatus } from '@gatehouse/contracts/user';
import { createChannel, createClient, type RpcClient } from '@gatehouse/rpc';
import { decodeJwt } from 'jose';
import { randomUUID } from 'node:crypto';
import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';

const password = 'correct horse battery';
let under: AuthUnderTest;
let oauth: RpcClient<TokenServiceDefinition>;
let asServer: RpcClient<TokenServiceDefinition>;
beforeAll(async () => {
  under = await startAuth();
  const channel = createChannel({ target: `127.0.0.1:${under.app.grpcPort}`, descriptorSets: [authContract] });
  under.alsoClose.push(() => channel.close());
  const token = await under.issuer.accessToken({ id: randomUUID(), permissions: ['tokens.introspect'] });
  oauth = createClient(TokenServiceDefinition, channel);
  asServer = createClient(TokenServiceDefinition, channel, { credentials: async () => token });
});
afterAll(() => under.close());

const enter = async () => {
  const { accessToken, refreshToken, user } = await under.auth.signUp({ email: `${randomUUID()}@example.com`, password });
  return { accessToken: accessToken!, refreshToken: refreshToken!, id: user!.id };
};
const introspect = (token: string, tokenTypeHint = '') => asServer.introspectToken({ token, tokenTypeHint });
const isActive = async (token: string) => (await introspect(token)).active;
const inactive = { active: false };

describe('introspection', () => {
  it('says of a valid token what it says itself, whatever it was called', async () => {
    const { accessToken, refreshToken, id } = await enter();
    const { exp, iat, jti, sid } = decodeJwt(accessToken);
    const common = { active: true, clientId: 'gatehouse', sub: id, sid, iss: under.config.GATEHOUSE_ISSUER };
    for (const hint of ['', 'access_token', 'refresh_token', 'rubbish']) {
      expect(await introspect(accessToken, hint)).toEqual({ ...common, scope: '', tokenType: 'Bearer', aud: under.config.GATEHOUSE_AUDIENCE, exp, iat, jti });
      const refresh = await introspect(refreshToken, hint);
      expect(refresh).toMatchObject(common);
      expect(refresh.exp! - refresh.iat!).toBeCloseTo(under.config.AUTH_REFRESH_TOKEN_SECONDS, -1);
      expect(refresh.tokenType ?? refresh.scope).toBeUndefined();
    }
  });

  it('says of any other token that it is not active, and no more', async () => {
    const { accessToken, refreshToken } = await enter();
    const { refreshToken: successor } = await under.auth.refresh({ refreshToken });
    expect(await introspect(refreshToken)).toEqual(inactive);
    expect(await isActive(successor!)).toBe(true);
    await under.auth.logout({ refreshToken: successor! });
    const rest = [
      'abc',
      'ghr_',
      `ghr_${'x'.repeat(300)}`,
      'a'.repeat(16_384),
      await under.issuer.serviceToken('auth', 'user'),
      await under.issuer.accessToken({ id: randomUUID() }),
    ];
    for (const token of [accessToken, refreshToken, successor!, `${accessToken.slice(0, -2)}AA`, ...rest]) expect(await introspect(token)).toEqual(inactive);
  });

  it('is for who may', async () => {
    const { accessToken } = await enter();
    expect(await verdictOf(oauth.introspectToken({ token: accessToken }))).toBe('UNAUTHENTICATED TOKEN_MISSING');
    expect(await verdictOf(oauth.introspectToken({ token: accessToken }, { metadata: { authorization: `Bearer ${accessToken}` } }))).toBe(
      'PERMISSION_DENIED PERMISSION_DENIED',
    );
    expect(await verdictOf(asServer.introspectToken({ token: '' }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED');
  });
});

describe('revocation', () => {
  it.each(['refreshToken', 'accessToken'] as const)('of the %s ends the session, and no other one of the person', async (kind) => {
    const person = await enter();
    const other = await enter();
    for (let index = 0; index < 2; index++) expect(await oauth.revokeToken({ token: person[kind], tokenTypeHint: 'rubbish' })).toEqual({});
    expect([await isActive(person.accessToken), await isActive(person.refreshToken)]).toEqual([false, false]);
    expect(await verdictOf(under.auth.refresh({ refreshToken: person.refreshToken }))).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
    expect([await isActive(other.accessToken), await isActive(other.refreshToken)]).toEqual([true, true]);
  });

  it('of an access token that is to be renewed, since the roles of its person changed, ends the session too', async () => {
    const { id, accessToken, refreshToken } = await enter();
    under.users.change(id, 'USER_CHANGE_KIND_ROLES_SET');
    await until(async () => !(await isActive(accessToken)));
    expect(await isActive(refreshToken)).toBe(true);
    await oauth.revokeToken({ token: accessToken });
    expect(await isActive(refreshToken)).toBe(false);
  });

  it('of what is no token of ours changes nothing, and tells nothing', async () => {
    const { accessToken, refreshToken } = await enter();
    const [head, claims] = accessToken.split('.');
    const [, , signature] = (await enter()).accessToken.split('.');
    for (const token of ['abc', 'ghr_abc', [head, claims, signature].join('.'), await under.issuer.serviceToken('auth', 'auth')])
      expect(await oauth.revokeToken({ token })).toEqual({});
    expect([await isActive(accessToken), await isActive(refreshToken)]).toEqual([true, true]);
  });
});

describe('the grant refresh_token', () => {
  it('trades a refresh token, as Refresh does, and answers all refusals alike', async () => {
    const { refreshToken, id } = await enter();
    const answer = await oauth.issueToken({ grantType: 'refresh_token', refreshToken });
    expect(answer).toMatchObject({ tokenType: 'Bearer', accessToken: expect.any(String), refreshToken: expect.stringMatching(/^ghr_/) });
    expect(decodeJwt(answer.accessToken).sub).toBe(id);
    under.users.change(id, 'USER_CHANGE_KIND_SUSPENDED', { status: UserStatus.USER_STATUS_SUSPENDED }, true);
    for (const token of [answer.refreshToken, 'ghr_unknown'])
      expect(await verdictOf(oauth.issueToken({ grantType: 'refresh_token', refreshToken: token }))).toBe('FAILED_PRECONDITION INVALID_GRANT');
    for (const token of [refreshToken, ''])
      expect(await verdictOf(oauth.issueToken({ grantType: 'password', refreshToken: token }))).toBe('INVALID_ARGUMENT UNSUPPORTED_GRANT_TYPE');
    // RFC 6749 §3.3: no client may believe that it has less than it has
    expect(await verdictOf(oauth.issueToken({ grantType: 'refresh_token', refreshToken: answer.refreshToken, scope: 'users.read' }))).toBe(
      'INVALID_ARGUMENT INVALID_SCOPE',
    );
    // RFC 6749 §5.2: what is missing is no grant that has ended
    expect(await verdictOf(oauth.issueToken({ grantType: 'refresh_token' }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED');
  });
});
