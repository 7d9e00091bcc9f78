import { decodeJwt } from 'jose';
import { startAuth, type StartOptions, verdictOf } from './auth-under-test';
import { type Bundle, buildBundle } from './built-process';
import { createPeopleWithFactors, password, totp } from './factors-under-test';
import { type AuthWithMails, startAuthWithMails } from './mails-under-test';
import { startAuthWithMailServer } from './sent-mails';

const [old, renewed] = [7, 9].map((byte) => Buffer.alloc(32, byte).toString('base64')) as [string, string];
/** The documented steps by which `old` becomes `renewed`. */
const before = { AUTH_SECRET_KEY: old };
const first = { AUTH_SECRET_KEY: old, AUTH_PREVIOUS_SECRET_KEYS: renewed };
const second = { AUTH_SECRET_KEY: renewed, AUTH_PREVIOUS_SECRET_KEYS: old };
const third = { AUTH_SECRET_KEY: renewed };

const newPassword = 'another horse battery';
let bundle: Bundle;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  bundle = await buildBundle();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => bundle.remove());

/** A process of the first step, whose database and people those of the others share. */
async function startChange(settings: Record<string, string> = {}) {
  const clock = { now: Date.now() };
  const overrides = { now: () => clock.now };
  const start = (step: Record<string, string>, more: StartOptions = {}) => startAuthWithMails({ overrides, ...more, settings: { ...settings, ...step } });
  const one = await start(first);
  closing.push(one.close);
  return { one, clock, beside: (step: Record<string, string>) => start(step, { beside: one }), people: createPeopleWithFactors(one, clock) };
}

const askReset = async (under: AuthWithMails, email: string) => {
  const { resetId } = await under.recovery.requestPasswordReset({ email });
  return { resetId, ...(await under.mailTo(email)) };
};

describe('while AUTH_SECRET_KEY is changed by its steps', () => {
  it('every process takes what another one gave: codes of apps, links, digits, devices; apps stay when the secret of before is gone', async () => {
    const { one, clock, beside, people } = await startChange({ AUTH_SIGNUP_VERIFICATION: 'off' });
    const zero = await beside(before);
    const zeroPeople = createPeopleWithFactors(zero, clock);
    const ada = await zeroPeople.withFactor();
    const [grace, emmy, hedy] = [await zeroPeople.signUp(), await zeroPeople.signUp(), await zeroPeople.signUp()];
    const [link, digits] = [await askReset(zero, grace.email), await askReset(zero, emmy.email)];
    await zero.close();

    const two = await beside(second);
    const complete = async (under: AuthWithMails, code: string) =>
      under.factorsOf().completeLogin({ loginToken: (await under.auth.login({ email: ada.email, password })).loginToken!, code: totp(code) });
    expect(await verdictOf(complete(two, ada.codeAt(0)))).toBe('OK');
    const atTwo = await createPeopleWithFactors(two, clock).withFactor();
    const { loginToken } = await one.auth.login({ email: atTwo.email, password });
    expect(await verdictOf(one.factorsOf().completeLogin({ loginToken: loginToken!, code: totp(atTwo.codeAt(0)) }))).toBe('OK');

    expect(await verdictOf(two.recovery.resetPassword({ token: link.token, newPassword }))).toBe('OK');
    expect(await verdictOf(two.recovery.resetPassword({ resetId: digits.resetId, code: digits.code, newPassword }))).toBe('OK');
    const ofTwo = await askReset(two, (await createPeopleWithFactors(two, clock).signUp()).email);
    expect(await verdictOf(one.recovery.resetPassword({ resetId: ofTwo.resetId, code: ofTwo.code, newPassword }))).toBe('OK');

    const deviceOf = async (under: AuthWithMails, accessToken: string) => {
      const { sessions } = await under.sessionsAs(accessToken).listSessions({ userId: 'me' });
      return sessions.find(({ id }) => id === decodeJwt(accessToken).sid)!.deviceId;
    };
    const device = await deviceOf(one, hedy.accessToken);
    const there = await two.auth.login({ email: hedy.email, password, deviceToken: hedy.deviceToken });
    expect(await deviceOf(two, there.accessToken!)).toBe(device);
    const back = await one.auth.login({ email: hedy.email, password, deviceToken: there.deviceToken! });
    expect(await deviceOf(one, back.accessToken!)).toBe(device);

    const { AUTH_GRPC_PORT: _, ...settings } = two.settings;
    const reseal = bundle.run('rotate-keys', settings, ['--reseal']);
    expect([await reseal.ended, reseal.output()]).toEqual([0, 'keys that were sealed anew: 1\nauthenticator apps that were sealed anew: 1\n']);

    const three = await beside(third);
    expect(await verdictOf(complete(three, ada.codeAt(1)))).toBe('OK');
    const last = await three.auth.login({ email: hedy.email, password, deviceToken: there.deviceToken! });
    expect(await deviceOf(three, last.accessToken!)).toBe(device);
    // nothing but what is sealed anew is opened by the new secret alone
    const app = await people.withFactor();
    const begun = await three.auth.login({ email: app.email, password });
    expect(await verdictOf(three.factorsOf().completeLogin({ loginToken: begun.loginToken!, code: totp(app.codeAt(0)) }))).toBe('UNAVAILABLE UNAVAILABLE');
  });

  it('a mail that waited is sent', async () => {
    // there is no mail server where it is queued
    const one = await startAuth({ settings: first });
    closing.push(one.close);
    const email = 'waiting@example.com';
    const { accessToken } = await one.auth.signUp({ email, password });
    await one.passwordsAs(accessToken).changePassword({ oldPassword: password, newPassword });
    const two = await startAuthWithMailServer({ beside: one, settings: second });
    expect(await two.sentTo(email)).toMatchObject([{ subject: 'Your Gatehouse password was changed' }]);
  });

  it('a sign-up that is finished ends those with its email that were begun elsewhere', async () => {
    const { one, beside } = await startChange();
    const two = await beside(second);
    const signUp = async (under: AuthWithMails) => {
      await under.auth.signUp({ email: 'twice@example.com', password });
      return (await two.mailTo('twice@example.com')).token;
    };
    const begun = await signUp(one);
    const again = await signUp(two);
    expect(await verdictOf(two.email.verifyEmail({ token: again, password }))).toBe('OK');
    expect(await verdictOf(two.email.verifyEmail({ token: begun, password }))).toBe('INVALID_ARGUMENT CODE_INVALID');
  });
});
