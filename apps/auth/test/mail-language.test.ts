import { type AuthWithMails, startAuthWithMails } from './mails-under-test';
import { type AuthUnderTest } from './auth-under-test';
import { writeMail } from '../src/mail/write-mail';

const password = 'correct horse battery';
let under: AuthWithMails;
beforeAll(async () => {
  under = await startAuthWithMails();
});
afterAll(() => under.close());

const reads = (language: string) => ({ metadata: { 'accept-language': language } });
/** The language of the one mail to an address, as it will be written. */
const languageTo = async (address: string) => writeMail(await under.mailTo(address), 'Gatehouse').language;
const add = (email: string, locale = '') => under.users.add(email, { locale, emailVerified: true });
const tokenOf = ({ issuer }: AuthUnderTest, id: string, permissions: string[] = []) => issuer.accessToken({ id, permissions });

describe('a mail is written in the language of the call', () => {
  it('to who signs up, or asks for another mail of their sign-up', async () => {
    const { verificationId = '' } = await under.auth.signUp({ email: 'new@example.com', password }, reads('de-CH, en;q=0.5'));
    expect(await languageTo('new@example.com')).toBe('de');
    await under.email.resendVerification({ email: 'new@example.com', verificationId }, reads('fr, en;q=0.5'));
    expect(await languageTo('new@example.com')).toBe('en');
  });

  it('to who has an account without a language: a sign-up with their email, a lost password', async () => {
    add('ada@example.com');
    await under.auth.signUp({ email: 'ada@example.com', password }, reads('de'));
    expect(await languageTo('ada@example.com')).toBe('de');
    await under.recovery.requestPasswordReset({ email: 'ada@example.com' }, reads('de'));
    expect(await languageTo('ada@example.com')).toBe('de');
  });

  it('to who is invited', async () => {
    const { invitations } = under.asPerson(await tokenOf(under, crypto.randomUUID(), ['users.invite']));
    await invitations.inviteUser({ email: 'guest@example.com' }, reads('de'));
    expect(await languageTo('guest@example.com')).toBe('de');
  });
});

it('a person’s own language goes before that of the call', async () => {
  add('emmy@example.com', 'de-AT');
  await under.recovery.requestPasswordReset({ email: 'emmy@example.com' }, reads('en'));
  expect(await languageTo('emmy@example.com')).toBe('de');
});

it.each([
  ['none', {}],
  ['one that mails are not written in', reads('fr')],
  ['what is no language', reads(';;;q=x, \u002a'.repeat(100))],
])('a call that reads %s is answered as any other, and the mail is in English', async (_, options) => {
  await under.auth.signUp({ email: 'else@example.com', password }, options);
  expect(await languageTo('else@example.com')).toBe('en');
});
