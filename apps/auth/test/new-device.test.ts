import { toClientMetadata } from '@gatehouse/access';
import { createPeopleWithFactors, password, totp } from './factors-under-test';
import { type AuthWithMailServer, startAuthWithMailServer } from './sent-mails';

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const edge = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0';
const from = (address: string, userAgent = edge) => ({ metadata: toClientMetadata({ address, userAgent }) });
const subject = 'New login to your Gatehouse account';
const clock = { now: Date.now() };
let under: AuthWithMailServer;
let silent: AuthWithMailServer;
beforeAll(async () => {
  under = await startAuthWithMailServer({ overrides: { now: () => clock.now } });
  // either sends the mails of both: to the same server
  const { AUTH_SMTP_URL = '', AUTH_SMTP_CA_FILE = '' } = under.settings;
  silent = await startAuthWithMailServer({ beside: under, settings: { AUTH_SMTP_URL, AUTH_SMTP_CA_FILE, AUTH_NEW_DEVICE_MAIL: 'off' } });
});
beforeEach(() => void (clock.now = Date.now()));
afterAll(() => under.close());

const signUp = (email: string) => under.auth.signUp({ email, password }, from('192.0.2.1', firefox));
const subjectsTo = async (email: string) => (await under.sentTo(email)).map(({ subject }) => subject);
const countEvents = async ({ app }: AuthWithMailServer) =>
  Number(/^auth_security_events_total\{event="new_device_login"\} (\d+)$/m.exec(await (await fetch(`http://127.0.0.1:${app.adminPort}/metrics`)).text())?.[1]);

describe('a login on a device that is not known', () => {
  it('is told to its person: when, on what, from where, and where there is help', async () => {
    await signUp('ada@example.com');
    const before = await countEvents(under);
    await under.auth.login({ email: 'ada@example.com', password }, from('198.51.100.7'));
    const sent = await under.sentTo('ada@example.com');
    expect(sent).toMatchObject([{ subject }]);
    expect(sent[0]!.text).toContain('\nDevice: Microsoft Edge on Windows\n');
    expect(sent[0]!.text).toContain('\nNetwork address: 198.51.100.7\n');
    expect(sent[0]!.text).toMatch(/\nTime: \d{1,2} [A-Z][a-z]+ \d{4}[^\n]* UTC\n/);
    expect(sent[0]!.text).toContain('That was not me:\nhttps://app.test/id/recover\n');
    expect(await countEvents(under)).toBe(before + 1);
  });

  it('is told in the language of the person, whatever the one reads who logs in', async () => {
    const { user } = await signUp('emmy@example.com');
    under.users.change(user!.id, 'USER_CHANGE_KIND_UPDATED', { locale: 'de-CH' });
    const { metadata } = from('198.51.100.7');
    await under.auth.login({ email: 'emmy@example.com', password }, { metadata: { ...metadata, 'accept-language': 'en' } });
    const [mail] = await under.sentTo('emmy@example.com');
    expect(mail).toMatchObject({
      subject: 'Neue Anmeldung an Ihrem Konto bei Gatehouse',
      text: expect.stringContaining('\nGerät: Microsoft Edge unter Windows\n'),
    });
  });

  it('is told once for each device: its token makes it known', async () => {
    await signUp('grace@example.com');
    const email = 'grace@example.com';
    const { deviceToken = '' } = await under.auth.login({ email, password }, from('198.51.100.7'));
    await under.auth.login({ email, password, deviceToken }, from('203.0.113.9', firefox));
    expect(await subjectsTo(email)).toEqual([subject]);
    await under.auth.login({ email, password }, from('203.0.113.10'));
    expect(await subjectsTo(email)).toEqual([subject]);
  });

  it('is told once a day of a program that keeps no token and logs in again and again', async () => {
    await signUp('cron@example.com');
    const login = () => under.auth.login({ email: 'cron@example.com', password }, from('198.51.100.7', 'nightly-report/1.0'));
    for (let count = 0; count < 3; count++) await login();
    const sent = await under.sentTo('cron@example.com');
    expect(sent).toMatchObject([{ subject, text: expect.stringContaining('\nDevice: nightly-report\n') }]);
    await under.database.query({ name: 'age-sessions', text: `update sessions set last_used_time = last_used_time - interval '25 hours'` });
    await login();
    expect(await subjectsTo('cron@example.com')).toEqual([subject]);
  });

  it('is told to somebody who was away for so long that their sessions are gone', async () => {
    const { user } = await signUp('rip@example.com');
    await under.database.query({ name: 'forget-sessions', text: 'delete from sessions where user_id = $1', values: [user!.id] });
    under.users.change(user!.id, 'USER_CHANGE_KIND_UPDATED', { lastSeenTime: new Date(0) });
    await under.auth.login({ email: 'rip@example.com', password }, from('198.51.100.7'));
    expect(await subjectsTo('rip@example.com')).toEqual([subject]);
  });

  it('with a second factor is told when the code is right, and not before', async () => {
    const people = createPeopleWithFactors(under, clock);
    const { email, deviceToken, codeAt } = await people.withFactor();
    const add = 'An authenticator app was added to your Gatehouse account';
    const { loginToken = '' } = await under.auth.login({ email, password }, from('198.51.100.7'));
    expect(await subjectsTo(email)).toEqual([add]);
    await under.factorsOf().completeLogin({ loginToken, code: totp(codeAt(0)) }, from('198.51.100.7'));
    expect(await subjectsTo(email)).toEqual([subject]);
    const known = await under.auth.login({ email, password, deviceToken }, from('203.0.113.9'));
    await under.factorsOf().completeLogin({ loginToken: known.loginToken!, code: totp(codeAt(1)) }, from('203.0.113.9'));
    expect(await subjectsTo(email)).toEqual([]);
  });

  it('says nothing that a mail program might make a link of, whatever it calls itself', async () => {
    await signUp('mark@example.com');
    await under.auth.login({ email: 'mark@example.com', password }, from('198.51.100.7', 'Call-us-at-evil.example/1 <b>x</b> https://evil.example'));
    const [mail] = await under.sentTo('mark@example.com');
    expect(mail).toMatchObject({ subject, text: expect.not.stringContaining('evil') });
  });

  it('is no mail where AUTH_NEW_DEVICE_MAIL is off, and a security event all the same', async () => {
    await signUp('quiet@example.com');
    const before = await countEvents(silent);
    await silent.auth.login({ email: 'quiet@example.com', password }, from('198.51.100.7'));
    expect(await countEvents(silent)).toBe(before + 1);
    expect(await subjectsTo('quiet@example.com')).toEqual([]);
  });
});

it('neither a sign-up nor the first login of all is on a new device', async () => {
  const before = await countEvents(under);
  await signUp('new@example.com');
  under.users.add('imported@example.com');
  await under.recovery.requestPasswordReset({ email: 'imported@example.com' });
  const [reset] = await under.sentTo('imported@example.com');
  const [, token = ''] = /#token=(\S+)/.exec(reset!.text)!;
  await under.recovery.resetPassword({ token, newPassword: password });
  await under.auth.login({ email: 'imported@example.com', password }, from('198.51.100.7'));
  expect([await subjectsTo('new@example.com'), await subjectsTo('imported@example.com')]).toEqual([[], []]);
  expect(await countEvents(under)).toBe(before);
});
