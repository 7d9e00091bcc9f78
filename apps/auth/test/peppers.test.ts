import { type AuthUnderTest, startAuth, verdictOf } from './auth-under-test';

const pepper = (id: string) => `${id}:${Buffer.alloc(32, id).toString('base64')}`;
const password = 'correct horse battery';
const wrong = 'UNAUTHENTICATED INVALID_CREDENTIALS';
let under: AuthUnderTest;
let people = 0;
beforeAll(async () => {
  under = await startAuth();
});
afterAll(() => under.close());

/** The same service once more, with these peppers. */
const withPeppers = (...ids: string[]) => startAuth({ beside: under, settings: ids.length ? { AUTH_PASSWORD_PEPPERS: ids.map(pepper).join() } : {} });
const hashOf = async (email: string) =>
  (
    await under.database.query<{ password_hash: string }>({
      name: 'read-hash-of',
      text: 'select password_hash from credentials where user_id = $1',
      values: [under.users.findByEmail(email)!.id],
    })
  )[0]!.password_hash;
const join = async (at: AuthUnderTest) => {
  const email = `person-${++people}@example.com`;
  await at.auth.signUp({ email, password });
  return email;
};
const login = (at: AuthUnderTest, email: string, given = password) => verdictOf(at.auth.login({ email, password: given }));

describe('a pepper', () => {
  it('is a part of every new hash, which names it and is worth nothing without it', async () => {
    const peppered = await withPeppers('k1');
    const email = await join(peppered);
    expect(await hashOf(email)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1,keyid=azE\$/);
    expect([await login(peppered, email), await login(peppered, email, 'wrong')]).toEqual(['OK', wrong]);
    await peppered.database.query({ name: 'strip', text: "update credentials set password_hash = replace(password_hash, ',keyid=azE', '')" });
    expect(await login(under, email)).toBe(wrong);
    await peppered.close();
  });

  it('comes to the hashes of before at their next login, and is replaced by the next one in the same way', async () => {
    const email = await join(under);
    for (const [ids, keyid] of [
      [['k1'], 'azE'],
      [['twentyk2', 'k1'], Buffer.from('twentyk2').toString('base64').replace('=', '')],
      [['twentyk2'], Buffer.from('twentyk2').toString('base64').replace('=', '')],
    ] as const) {
      const peppered = await withPeppers(...ids);
      expect(await login(peppered, email)).toBe('OK');
      expect(await hashOf(email)).toContain(`,keyid=${keyid}$`);
      expect(await login(peppered, email)).toBe('OK');
      await peppered.close();
    }
  });

  it('that is missing is the fault of the installation, and no wrong password', async () => {
    const peppered = await withPeppers('k1');
    const email = await join(peppered);
    const other = await withPeppers('k2');
    for (const given of [password, 'wrong'])
      expect([await login(other, email, given), await login(under, email, given)]).toEqual(Array(2).fill('UNAVAILABLE UNAVAILABLE'));
    expect(await login(other, 'nobody@example.com')).toBe(wrong);
    await peppered.close();
    await other.close();
  });

  it('that is gone keeps nobody from a new password, though one of before was hashed with it', async () => {
    const [first, second] = [await withPeppers('k1'), await withPeppers('k2', 'k1')];
    const email = await join(first);
    const { accessToken } = await second.auth.login({ email, password });
    const change = (at: AuthUnderTest, oldPassword: string, newPassword: string) =>
      verdictOf(at.passwordsAs(accessToken).changePassword({ oldPassword, newPassword }));
    expect(await change(first, password, 'eight yellow tractors')).toBe('UNAVAILABLE UNAVAILABLE');
    expect(await change(second, password, 'seven purple bicycles')).toBe('OK');
    const third = await withPeppers('k2');
    expect(await change(third, 'seven purple bicycles', 'eight yellow tractors')).toBe('OK');
    for (const each of [first, second, third]) await each.close();
  });
});

it('more memory or passes come to a hash at its next login, and fewer do not', async () => {
  const email = await join(under);
  const more = await startAuth({ beside: under, settings: { AUTH_ARGON2_MEMORY_KIB: '20480', AUTH_ARGON2_PASSES: '3' } });
  for (const at of [more, under]) {
    expect(await login(at, email)).toBe('OK');
    expect(await hashOf(email)).toMatch(/^\$argon2id\$v=19\$m=20480,t=3,p=1\$/);
  }
  await more.close();
});
