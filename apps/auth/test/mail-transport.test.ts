import type { SMTPServerOptions } from 'smtp-server';
import { configSchema } from '../src/config';
import { type AuthUnderTest, startAuth, until } from './auth-under-test';
import { type MailServer, startMailServer } from './mail-server';

let under: AuthUnderTest;
beforeAll(async () => (under = await startAuth()));
afterAll(() => under.close());

/** Sends one mail by these settings to a server of these options; gives what became of it at its first attempt. */
async function attempt(options: SMTPServerOptions, toSettings: (server: MailServer) => Record<string, string>) {
  const server = await startMailServer(options);
  await under.database.query({ name: 'forget-mails', text: 'delete from mails' });
  const sender = await startAuth({ beside: under, settings: { ...server.settings, ...toSettings(server) }, overrides: { firstMailRetryMs: 60_000 } });
  await under.database.transaction((tx) =>
    sender.app.mailQueue.queueMail(tx, { kind: 'reset_password', to: 'ada@example.com', data: { link: 'https://shop.example/go', code: 'KEPT-CODE' } }),
  );
  let row: { state: string; reason: string | null } | undefined;
  await until(async () => {
    [row] = await under.database.query<{ state: string; reason: string | null }>({ name: 'its-state', text: 'select state, last_error as reason from mails' });
    return row!.state !== 'queued' || row!.reason !== null;
  });
  await sender.close();
  await server.close();
  return { ...row!, received: server.received.map(({ isSecure, user }) => ({ isSecure, user })) };
}
const at = ({ port }: MailServer, scheme: string, user = '') => ({ AUTH_SMTP_URL: `${scheme}://${user}localhost:${port}` });
const plain: SMTPServerOptions = { disabledCommands: ['STARTTLS'], authOptional: true };
const withPassword = 'gatehouse:p%40ss%3Aw%2Frd%25@';

describe('TLS with the mail server', () => {
  it('is required: without it nothing is sent', async () => {
    expect(await attempt(plain, (server) => at(server, 'smtp'))).toEqual({ state: 'queued', reason: 'tls', received: [] });
  });
  it('may be done without where the setting says so', async () => {
    const expected = { state: 'sent', reason: null, received: [{ isSecure: false, user: undefined }] };
    expect(await attempt(plain, (server) => ({ ...at(server, 'smtp'), AUTH_SMTP_TLS: 'opportunistic' }))).toEqual(expected);
    expect(await attempt({ authOptional: true }, (server) => ({ ...at(server, 'smtp'), AUTH_SMTP_TLS: 'off' }))).toEqual(expected);
  });
  it('is used where it is there and need not be', async () => {
    expect(await attempt({ authOptional: true }, (server) => ({ ...at(server, 'smtp'), AUTH_SMTP_TLS: 'opportunistic' }))).toMatchObject({
      received: [{ isSecure: true }],
    });
  });
  it('may begin with the first byte', async () => {
    expect(await attempt({ secure: true }, (server) => at(server, 'smtps', withPassword))).toEqual({
      state: 'sent',
      reason: null,
      received: [{ isSecure: true, user: 'gatehouse' }],
    });
  });
  it.each(['smtp', 'smtps'])('is refused with a certificate of an unknown CA, or another name: %s', async (scheme) => {
    const options = { secure: scheme === 'smtps' };
    const stranger = await startMailServer();
    expect(await attempt(options, (server) => ({ ...at(server, scheme, withPassword), AUTH_SMTP_CA_FILE: stranger.settings.AUTH_SMTP_CA_FILE! }))).toEqual({
      state: 'queued',
      reason: 'tls',
      received: [],
    });
    await stranger.close();
    expect(await attempt(options, ({ port }) => ({ AUTH_SMTP_URL: `${scheme}://${withPassword}127.0.0.1:${port}` }))).toEqual({
      state: 'queued',
      reason: 'tls',
      received: [],
    });
  });
});

it('a wrong password is told as such, and mails wait', async () => {
  expect(await attempt({}, (server) => at(server, 'smtp', 'gatehouse:wrong@'))).toEqual({ state: 'queued', reason: 'login', received: [] });
});

it.each([
  ['AUTH_SMTP_URL', { AUTH_SMTP_URL: 'http://mail.example', AUTH_MAIL_FROM: 'a@example.com' }],
  ['AUTH_SMTP_URL', { AUTH_SMTP_URL: 'smtp://mail.example/?tls.rejectUnauthorized=false', AUTH_MAIL_FROM: 'a@example.com' }],
  ['AUTH_SMTP_URL', { AUTH_SMTP_URL: 'smtp://user@mail.example', AUTH_MAIL_FROM: 'a@example.com' }],
  ['AUTH_SMTP_URL', { AUTH_SMTP_URL: 'smtp://user%0d%0a:x@mail.example', AUTH_MAIL_FROM: 'a@example.com' }],
  ['AUTH_SMTP_URL', { AUTH_MAIL_FROM: 'a@example.com' }],
  ['AUTH_MAIL_FROM', { AUTH_SMTP_URL: 'smtp://mail.example' }],
  ['AUTH_MAIL_FROM', { AUTH_SMTP_URL: 'smtp://mail.example', AUTH_MAIL_FROM: 'a@example.com, b@example.com' }],
  ['AUTH_MAIL_FROM', { AUTH_SMTP_URL: 'smtp://mail.example', AUTH_MAIL_FROM: 'Shop\r\nBcc: x@example.com <a@example.com>' }],
  ['AUTH_MAIL_PRODUCT_NAME', { AUTH_MAIL_PRODUCT_NAME: 'Shop\nBcc: x@example.com' }],
  ['AUTH_SMTP_TLS', { AUTH_SMTP_URL: 'smtps://mail.example', AUTH_MAIL_FROM: 'a@example.com', AUTH_SMTP_TLS: 'off' }],
])('the start is refused where %s is wrong: %j', (setting, settings) => {
  const { error } = configSchema.safeParse({
    AUTH_DATABASE_URL: under.settings.AUTH_DATABASE_URL,
    AUTH_SECRET_KEY: under.settings.AUTH_SECRET_KEY,
    ...settings,
  });
  expect(error?.issues.map(({ path }) => path[0])).toContain(setting);
});
