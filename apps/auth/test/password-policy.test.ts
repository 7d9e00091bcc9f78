import { type AuthUnderTest, startAuth, verdictOf } from './auth-under-test';

let under: AuthUnderTest;
beforeAll(async () => {
  under = await startAuth();
});
afterAll(() => under.close());

const signUp = (password: string, email = 'countess@example.com', displayName = 'Augusta Byron') =>
  under.auth.signUp({ email, password, displayName }).then(
    () => undefined,
    (error) => error,
  );

describe('a new password', () => {
  it.each([
    ['among the 3,000 that are used most', 'password1', 'PASSWORD_BREACHED', 'password.common'],
    ['among them but for its case', 'IloveYou2', 'PASSWORD_BREACHED', 'password.common'],
    ['nearly one of them', 'P4ssw0rd!', 'PASSWORD_TOO_WEAK', 'password.strength'],
    ['one character again and again', 'a'.repeat(200), 'PASSWORD_TOO_WEAK', 'password.strength'],
    ['a row of the keyboard', 'qwertyuiop[]89', 'PASSWORD_TOO_WEAK', 'password.strength'],
    ['the email', 'countess@example.com', 'PASSWORD_TOO_WEAK', 'password.strength'],
    ['a part of the email', 'countess9', 'PASSWORD_TOO_WEAK', 'password.strength'],
    ['a part of the name', 'augusta7', 'PASSWORD_TOO_WEAK', 'password.strength'],
    ['the name of the product', 'gatehouse1', 'PASSWORD_TOO_WEAK', 'password.strength'],
  ])('that is %s is refused, by a violation that does not repeat it', async (_, password, reason, rule) => {
    const error = await signUp(password);
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', reason, violations: [{ field: 'password', reason: rule }] });
    expect(JSON.stringify([error.message, error.violations, error.metadata])).not.toContain(password);
    expect(error.violations[0].description).toMatch(/make it longer|choose one that nobody else has/);
  });

  it.each([
    ['of small letters alone', 'wvkqtzjpymxa'],
    ['with spaces and signs of any kind', 'zwölf 駱駝 laufen'],
    ['of 256 characters, all of which count', `${'The quick purple tractor waits. '.repeat(8).slice(0, 255)}!`],
  ])('%s is taken', async (_, password) => {
    const email = `person-${password.length}@example.com`;
    expect(await signUp(password, email, 'Someone')).toBeUndefined();
    expect(await verdictOf(under.auth.login({ email, password: password.slice(0, -1) }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await verdictOf(under.auth.login({ email, password }))).toBe('OK');
  });

  it('is judged before the account is looked at: a weak one hears the same for an email that is taken', async () => {
    expect(await signUp('correct horse battery', 'taken@example.com')).toBeUndefined();
    const errors = await Promise.all(['taken@example.com', 'free@example.com'].map((email) => signUp('password1', email)));
    const seen = errors.map(({ code, reason, message, violations }) => ({ code, reason, message, violations }));
    expect(seen[0]).toEqual(seen[1]);
    expect(under.users.findByEmail('free@example.com')).toBeUndefined();
  });

  it('is as long and as strong as the settings say, and a change names its own field', async () => {
    const strict = await startAuth({ beside: under, settings: { AUTH_PASSWORD_MIN_LENGTH: '15', AUTH_PASSWORD_MIN_STRENGTH: '4' } });
    const { accessToken } = await under.auth.signUp({ email: 'strict@example.com', password: 'correct horse battery' });
    const change = (newPassword: string) => strict.passwordsAs(accessToken).changePassword({ oldPassword: 'correct horse battery', newPassword });
    await expect(change('wvkqtzjpymxa')).rejects.toMatchObject({
      reason: 'PASSWORD_TOO_WEAK',
      violations: [{ field: 'newPassword', reason: 'password.min_length', description: 'must have at least 15 characters, not 12' }],
    });
    await expect(change('password1 password1')).rejects.toMatchObject({ violations: [{ field: 'newPassword', reason: 'password.strength' }] });
    await change('wvkqtzjpymxa wvk');
    await strict.close();
  });

  it('may be as weak as one likes where the settings say so, but none of those that are tried first', async () => {
    const lax = await startAuth({ beside: under, settings: { AUTH_PASSWORD_MIN_STRENGTH: '0' } });
    expect(await verdictOf(lax.auth.signUp({ email: 'lax@example.com', password: 'password1' }))).toBe('INVALID_ARGUMENT PASSWORD_BREACHED');
    expect(await verdictOf(lax.auth.signUp({ email: 'lax@example.com', password: 'aaaaaaaaaaab' }))).toBe('OK');
    await lax.close();
  });
});
