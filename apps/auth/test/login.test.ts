import { createTokenVerifier, importKeys } from '@gatehouse/access';
import { UserStatus, Role } from '@gatehouse/contracts/user';
import { hash } from '@node-rs/argon2';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';
import { realm } from './fake-user-service';

const password = 'correct horse battery';
const wrong = 'UNAUTHENTICATED INVALID_CREDENTIALS';
let under: AuthUnderTest;
beforeAll(async () => {
  under = await startAuth();
  await under.auth.signUp({ email: 'ada@example.com', password });
});
afterAll(() => under.close());

const login = (email: string, given = password) => verdictOf(under.auth.login({ email, password: given }));
const change = (email: string, changes: object) => {
  const user = under.users.findByEmail(email)!;
  under.users.people.set(user.id, { ...user, ...changes });
};
const readMetric = async (name: string) => {
  const text = await (await fetch(`http://127.0.0.1:${under.app.adminPort}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)![1]);
};
const countHashes = () => readMetric('auth_password_hash_duration_seconds_count');
const hashOf = async (userId: string) =>
  (
    await under.database.query<{ password_hash: string }>({
      name: 'read-hash',
      text: 'select password_hash from credentials where user_id = $1',
      values: [userId],
    })
  )[0]!.password_hash;

describe('logging in', () => {
  it('answers a wrong password, an unknown email and a person without a password alike', async () => {
    under.users.add('made@example.com');
    const answers = await Promise.all(
      [
        under.auth.login({ email: 'ada@example.com', password: 'wrong' }),
        under.auth.login({ email: 'nobody@example.com', password }),
        under.auth.login({ email: 'made@example.com', password }),
      ].map((call) =>
        call.then(
          () => undefined,
          ({ code, reason, message, metadata }) => ({ code, reason, message, metadata }),
        ),
      ),
    );
    expect(answers[0]).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'INVALID_CREDENTIALS' });
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
  });

  it('hashes once, whether the email is unknown, the password wrong or there is none, since the hash is most of the time that an answer takes', async () => {
    under.users.add('bare@example.com');
    for (const email of ['ada@example.com', 'nobody@example.com', 'bare@example.com']) {
      const before = await countHashes();
      expect(await login(email, 'wrong')).toBe(wrong);
      expect([email, (await countHashes()) - before]).toEqual([email, 1]);
    }
  });

  it('tells of a suspension to who knows the password alone', async () => {
    change('ada@example.com', { status: UserStatus.USER_STATUS_SUSPENDED });
    expect(await login('ada@example.com', 'wrong')).toBe(wrong);
    expect(await login('ada@example.com')).toBe('PERMISSION_DENIED ACCOUNT_SUSPENDED');
    change('ada@example.com', { status: UserStatus.USER_STATUS_ACTIVE });
    expect(await login('ada@example.com')).toBe('OK');
  });

  it('takes the same password as another keyboard writes it, and no other', async () => {
    await under.auth.signUp({ email: 'umlaut@example.com', password: 'fu\u0308nf Pa\u0308sse' });
    expect(await login('umlaut@example.com', 'f\u00fcnf P\u00e4sse')).toBe('OK');
    expect(await login('umlaut@example.com', 'funf Passe')).toBe(wrong);
  });

  it('hashes a password anew when the parameters are old', async () => {
    const { user } = await under.auth.signUp({ email: 'old-hash@example.com', password });
    const old = await hash(password, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await under.database.query({ name: 'set-hash', text: 'update credentials set password_hash = $2 where user_id = $1', values: [user!.id, old] });
    expect(await login('old-hash@example.com', 'wrong')).toBe(wrong);
    expect(await hashOf(user!.id)).toBe(old);
    // at once: each finds the hash replaced by another's better one
    expect(await Promise.all([1, 2, 3].map(() => login('old-hash@example.com')))).toEqual(['OK', 'OK', 'OK']);
    expect(await hashOf(user!.id)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await login('old-hash@example.com')).toBe('OK');
  });

  it('refuses at once when more passwords wait than can be hashed soon, and takes them again later', async () => {
    const errors = await Promise.all(
      Array.from({ length: 180 }, (_, index) => under.auth.login({ email: `flood-${index}@example.com`, password }).catch((error) => error)),
    );
    const refused = errors.filter(({ reason }) => reason !== 'INVALID_CREDENTIALS');
    expect(refused.length).toBeGreaterThan(0);
    expect(errors.length - refused.length).toBeGreaterThan(50);
    for (const error of refused) expect(error).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: 'OVERLOADED', retryDelayMs: 1_000 });
    expect(await login('ada@example.com')).toBe('OK');
  });

  it('does not let those who try one account in great number keep the others out', async () => {
    await under.auth.signUp({ email: 'bob@example.com', password });
    const flood = Promise.all(Array.from({ length: 100 }, () => login('ada@example.com', 'wrong')));
    await until(async () => (await readMetric('auth_password_hash_waiting')) > 0);
    const bystander = login('bob@example.com');
    expect(new Set(await flood)).toEqual(new Set([wrong, 'RESOURCE_EXHAUSTED OVERLOADED']));
    expect(await bystander).toBe('OK');
  });

  it('fails closed when user does not admit auth: that is no fault of the caller', async () => {
    const foreign = await startAuth({ beside: under, settings: { GATEHOUSE_ISSUER: 'https://another.test' } });
    expect(await verdictOf(foreign.auth.login({ email: 'ada@example.com', password }))).toBe('UNAVAILABLE UNAVAILABLE');
    await foreign.close();
  });
});

describe('an access token', () => {
  it('says who it is for, what they may do, and is verified with the keys of GetJwks', async () => {
    const { user } = await under.auth.signUp({ email: 'token@example.com', password });
    change('token@example.com', { roles: [Role.ROLE_MEMBER, Role.ROLE_ADMIN] });
    const answer = await under.auth.login({ email: 'token@example.com', password });
    const { keys } = await under.verifier.getJwks({});
    expect(keys).toEqual([{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig', x: expect.any(String), kid: expect.any(String) }]);
    const imported = await importKeys({ keys });
    const source = { find: async (kid: string) => imported.get(kid), isReady: () => true };
    const principal = await createTokenVerifier({ ...realm, keys: source, service: 'anything', revocations: undefined }).verify(answer.accessToken!);
    expect(principal).toMatchObject({ kind: 'user', id: user!.id, permissions: ['users.create', 'users.read', 'users.update'] });

    expect(decodeProtectedHeader(answer.accessToken!)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: keys[0]!.kid });
    const claims = decodeJwt(answer.accessToken!);
    expect(claims).toMatchObject({
      iss: realm.issuer,
      aud: realm.audience,
      sub: user!.id,
      client_id: 'gatehouse',
      jti: expect.any(String),
      sid: expect.any(String),
    });
    expect(claims.exp! - claims.iat!).toBe(answer.expiresIn);
    expect(answer.expiresIn).toBeGreaterThanOrEqual(840);
    expect(answer.expiresIn).toBeLessThanOrEqual(900);
  });

  it('says after a refresh what the person may do then, in the same session', async () => {
    const first = await under.auth.signUp({ email: 'promoted@example.com', password });
    expect(decodeJwt(first.accessToken!).permissions).toEqual([]);
    change('promoted@example.com', { roles: [Role.ROLE_ADMIN] });
    const second = await under.auth.refresh({ refreshToken: first.refreshToken });
    expect(decodeJwt(second.accessToken!)).toMatchObject({
      permissions: ['users.create', 'users.read', 'users.update'],
      sid: decodeJwt(first.accessToken!).sid,
    });
  });
});
