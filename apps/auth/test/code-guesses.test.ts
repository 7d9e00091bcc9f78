import { toClientMetadata } from '@gatehouse/access';
import { randomUUID } from 'node:crypto';
import { verdictOf } from './auth-under-test';
import { type AuthWithMails, startAuthWithMails } from './mails-under-test';

let under: AuthWithMails;
const clock = { now: Date.now() };
beforeAll(async () => {
  const settings = { AUTH_DEVICE_FREE_FAILURES: '5', AUTH_ADDRESS_FREE_FAILURES: '20' };
  under = await startAuthWithMails({ settings, overrides: { attemptsNow: () => clock.now } });
});
// what came before is forgotten
beforeEach(() => void (clock.now += 24 * 3_600_000));
afterAll(() => under.close());

const invalid = 'INVALID_ARGUMENT CODE_INVALID';
const refused = 'RESOURCE_EXHAUSTED TOO_MANY_ATTEMPTS';
const password = 'correct horse battery';
const from = (address: string) => ({ metadata: toClientMetadata({ address, userAgent: '' }) });
const guess = (address: string) => verdictOf(under.recovery.resetPassword({ token: `ghc_${'x'.repeat(43)}`, newPassword: password }, from(address)));
const signUp = async (email: string) => {
  await under.auth.signUp({ email, password });
  return (await under.mailTo(email)).token;
};
const verify = (token: string, address: string) => verdictOf(under.email.verifyEmail({ token, password }, from(address)));

describe('who guesses at codes', () => {
  it('keeps nobody at the same address from proving theirs, as little as one who forgets their password does', async () => {
    const token = await signUp('neighbour@example.com');
    for (let turn = 0; turn < 15; turn++) expect(await guess('192.0.2.7')).toBe(invalid);
    expect(await verify(token, '192.0.2.7')).toBe('OK');
  });

  it('has as many attempts as an address has, which is a /64 of IPv6, and goes on to log in with none', async () => {
    for (let turn = 0; turn < 20; turn++) expect(await guess(`2001:db8:1:2::${turn}`)).toBe(invalid);
    expect(await guess('2001:db8:1:2:3::1')).toBe(refused);
    expect(await verdictOf(under.auth.login({ email: 'neighbour@example.com', password }, from('2001:db8:1:2:4::1')))).toBe(refused);
    expect(await guess('2001:db8:1:3::1')).toBe(invalid);
  });

  it('earns no attempts by proving an email of their own between', async () => {
    const token = await signUp('guesser@example.com');
    for (let turn = 0; turn < 19; turn++) await guess('198.51.100.1');
    expect(await verify(token, '198.51.100.1')).toBe('OK');
    expect(await guess('198.51.100.1')).toBe(invalid);
    expect(await guess('198.51.100.1')).toBe(refused);
  });
});

it('a link is not used up by tries of which no password was judged', async () => {
  const pepper = (id: string) => ({ settings: { AUTH_PASSWORD_PEPPERS: `${id}:${Buffer.alloc(32, id).toString('base64')}` }, beside: under });
  const [peppered, other] = [await startAuthWithMails(pepper('k1')), await startAuthWithMails(pepper('k2'))];
  await peppered.auth.signUp({ email: 'unjudged@example.com', password });
  const { token } = await under.mailTo('unjudged@example.com');
  const verifyAt = (at: AuthWithMails, given: string) => verdictOf(at.email.verifyEmail({ token, password: given }));
  for (let turn = 0; turn < 7; turn++) expect(await verifyAt(other, password)).toBe('UNAVAILABLE UNAVAILABLE');
  for (let turn = 0; turn < 4; turn++) expect(await verifyAt(peppered, 'wrong')).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
  expect(await verifyAt(peppered, password)).toBe('OK');
  await peppered.close();
  await other.close();
});

describe('one email', () => {
  const signUps = async (email: string) => {
    for (let turn = 0; turn < 7; turn++)
      expect(await under.auth.signUp({ email, password })).toMatchObject({ verificationRequired: true, verificationId: expect.any(String) });
    return (await under.mailsTo(email)).length;
  };

  it('is mailed five sign-ups an hour, of a person and of nobody, and each is answered the same', async () => {
    expect(await signUps('flooded@example.com')).toBe(5);
    clock.now += 24 * 3_600_000;
    await verify(await signUp('owner@example.com'), '192.0.2.9');
    clock.now += 24 * 3_600_000;
    expect(await signUps('owner@example.com')).toBe(5);
  });

  it('gets the mail by which its person sets a new password, whatever else is asked for it before', async () => {
    const email = 'kept-busy@example.com';
    await verify(await signUp(email), '192.0.2.11');
    for (let turn = 0; turn < 7; turn++) {
      await under.auth.signUp({ email, password });
      await under.email.resendVerification({ email });
    }
    await under.mailsTo(email);
    await under.recovery.requestPasswordReset({ email });
    expect(await under.mailTo(email)).toMatchObject({ kind: 'reset_password' });
  });

  it('is mailed the sign-up again that somebody names, whatever others ask for who name none or one that they made up', async () => {
    const email = 'named@example.com';
    const { verificationId } = await under.auth.signUp({ email, password });
    await under.mailTo(email);
    const resend = (named: string | undefined, address: string) => under.email.resendVerification({ email, verificationId: named }, from(address));
    for (let turn = 0; turn < 7; turn++) {
      await resend(undefined, `10.0.${turn}.1`);
      await resend(randomUUID(), '198.51.100.9');
    }
    expect(await under.mailsTo(email)).toEqual([]);
    await resend(verificationId, '203.0.113.9');
    expect(await under.mailTo(email)).toMatchObject({ kind: 'verify_email' });
  });

  it('that is not verified is mailed no more than that by logins either', async () => {
    const email = 'unverified@example.com';
    await verify(await signUp(email), '192.0.2.10');
    clock.now += 24 * 3_600_000;
    const person = under.users.findByEmail(email)!;
    under.users.people.set(person.id, { ...person, emailVerified: false });
    for (let turn = 0; turn < 7; turn++) {
      // an id is told whether there was a mail or not
      const told = { reason: 'EMAIL_NOT_VERIFIED', metadata: { verification_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) } };
      await expect(under.auth.login({ email, password })).rejects.toMatchObject(told);
      await under.app.codeMailer.mailSome();
    }
    expect((await under.mailsTo(email)).length).toBe(5);
  });
});
