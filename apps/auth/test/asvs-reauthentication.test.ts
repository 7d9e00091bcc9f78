import { type AuthWithMails, startAuthWithMails } from './mails-under-test';
import { verdictOf } from './auth-under-test';
import { createPeopleWithFactors, password, totp } from './factors-under-test';

const stepUp = 'UNAUTHENTICATED STEP_UP_REQUIRED';
const newPassword = 'staple battery horse';
const clock = { now: Date.now() };
let under: AuthWithMails;
let people: ReturnType<typeof createPeopleWithFactors>;
beforeAll(async () => {
  under = await startAuthWithMails({ settings: { AUTH_SIGNUP_VERIFICATION: 'off' }, overrides: { now: () => clock.now } });
  people = createPeopleWithFactors(under, clock);
});
beforeEach(() => void (clock.now = Date.now()));
afterAll(() => under.close());

/** An access token of the same session, after a code of the app. */
const proveBy = async (accessToken: string, code: string) => (await under.factorsOf(accessToken).stepUp({ proof: totp(code) })).accessToken;

describe('who has a second factor', () => {
  it('needs it beside the password to change the email', async () => {
    const { accessToken, codeAt } = await people.withFactor();
    const change = (token: string) => under.asPerson(token).email.changeEmail({ newEmail: 'elsewhere@example.com', password });
    expect(await verdictOf(change(accessToken))).toBe(stepUp);
    expect(await under.mailsTo('elsewhere@example.com')).toEqual([]);
    const proved = await proveBy(accessToken, codeAt(0));
    expect(await verdictOf(change(proved))).toBe('OK');
    clock.now += 601_000;
    expect(await verdictOf(change(proved))).toBe(stepUp);
  });

  it('needs it beside the password to change the password', async () => {
    const { email, accessToken, codeAt } = await people.withFactor();
    const change = (token: string) => under.passwordsAs(token).changePassword({ oldPassword: password, newPassword });
    expect(await verdictOf(change(accessToken))).toBe(stepUp);
    expect(await verdictOf(under.auth.login({ email, password }))).toBe('OK');
    expect(await verdictOf(change(await proveBy(accessToken, codeAt(0))))).toBe('OK');
  });

  it('needs it after a recovery of the password too: the mail stands for the password alone', async () => {
    const { email, codeAt } = await people.withFactor();
    expect(await under.mailTo(email)).toMatchObject({ kind: 'factor_added' });
    await under.recovery.requestPasswordReset({ email });
    const { token } = await under.mailTo(email);
    expect(await under.recovery.resetPassword({ token, newPassword })).toEqual({ deviceToken: expect.any(String) });
    const { loginToken, ...answer } = await under.auth.login({ email, password: newPassword });
    expect(answer).toEqual({ verificationRequired: false, factorRequired: true, factorTypes: [1, 2] });
    expect(await verdictOf(under.factorsOf().completeLogin({ loginToken: loginToken!, code: totp(codeAt(0)) }))).toBe('OK');
  });

  it('can end all other sessions after a factor was added or removed', async () => {
    const { email, accessToken, deviceToken } = await people.signUp();
    const other = await under.auth.login({ email, password, deviceToken });
    const { factorId, codeAt } = await people.addFactor(accessToken);
    await under.sessionsAs(accessToken).revokeOtherSessions({});
    expect(await verdictOf(under.auth.refresh({ refreshToken: other.refreshToken! }))).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
    const proved = await proveBy(accessToken, codeAt(0));
    await under.factorsOf(proved).deleteFactor({ userId: 'me', factorId });
    const third = await under.auth.login({ email, password, deviceToken });
    await under.sessionsAs(accessToken).revokeOtherSessions({});
    expect(await verdictOf(under.auth.refresh({ refreshToken: third.refreshToken! }))).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
  });
});
