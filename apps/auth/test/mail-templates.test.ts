import type { Mail, MailData, MailKind } from '../src/mail/mail';
import { type AuthUnderTest, startAuth, until } from './auth-under-test';
import { type Bundle, buildBundle } from './built-process';
import { type MailServer, startMailServer } from './mail-server';

let under: AuthUnderTest;
let server: MailServer;
let bundle: Bundle;
beforeAll(async () => {
  [server, bundle] = await Promise.all([startMailServer(), buildBundle()]);
  under = await startAuth({ settings: server.settings });
});
afterAll(async () => {
  await bundle.remove();
  await under.close();
  await server.close();
});

const link = 'https://shop.example/go?a=1&b="quoted"#code=x'.replaceAll('"', '%22');
const time = '2026-11-20T09:30:00Z';
const dataOf = (name: string): MailData => ({
  verify_email: { name, link, code: 'K7QM' },
  reset_password: { name, link, code: 'K7QM' },
  email_change_confirm: { name, link, code: 'K7QM' },
  email_changed: { name, link },
  email_change_requested: { name, link },
  invitation: { name, link, code: 'K7QM', invitedBy: name },
  new_device: { name, link, userAgent: name, address: name, time },
  password_changed: { name, link, time },
  sign_up_attempt: { name, link },
  factor_added: { name, link, time },
  factor_removed: { name, link, time },
  recovery_codes_replaced: { name, link, time },
  recovery_code_used: { name, link, time },
});
const kinds = Object.keys(dataOf('')) as MailKind[];
const languages = ['en', 'de'];

async function send(mails: readonly Mail[]) {
  server.received.length = 0;
  await under.database.transaction(async (tx) => {
    for (const mail of mails) await under.app.mailQueue.queueMail(tx, mail);
  });
  await until(() => server.received.length === mails.length);
  return server.received.map((received) => ({ ...received, text: received.mail.text!, html: received.mail.html!, subject: received.mail.subject! }));
}
const everyKind = (name: string) =>
  languages.flatMap((language) => kinds.map((kind) => ({ kind, to: 'ada@example.com', language, data: dataOf(name)[kind] }) as Mail));

it.each([
  ['markup', '<script>alert(1)</script><img src=x onerror=alert(1)>'],
  ['lines and headers', 'Ada\r\nBcc: eve@example.com\r\n\r\nNew text'],
  ['marks that turn the direction', 'Ada \u202egnp.exe\u202c \u2066x\u2069 \u200f\u061c'],
  ['200 characters', 'ä'.repeat(200)],
  ['a link', 'Win at https://evil.example now'],
  ['what looks like a link', 'evil.example'],
  ['encoded words', '=?utf-8?q?=0d=0aBcc:_eve@example.com?='],
])('a name that holds %s does no harm, in any kind and language', async (_, name) => {
  for (const { subject, text, html, raw, to } of await send(everyKind(name))) {
    expect(to).toEqual(['ada@example.com']);
    expect(raw.slice(0, raw.indexOf('\r\n\r\n'))).not.toMatch(/^(bcc|cc):/im);
    expect(html.match(/<(script|img|iframe|form|input|object|base|link)\b/i)).toBeNull();
    // all links are ours
    for (const [, target] of html.matchAll(/\b(?:href|src)="([^"]*)"/g)) expect(target).toBe(link.replaceAll('&', '&amp;'));
    for (const part of [subject, text, html]) {
      expect(part).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/);
      expect(part).not.toMatch(/evil\.example|eve@example/);
      expect(part).not.toContain('ä'.repeat(81));
    }
    expect(subject).not.toMatch(/[\r\n]/);
    expect(text.split('\n').every((line) => !line.startsWith('Bcc:'))).toBe(true);
  }
});

it('each mail says the same as text and as HTML, loads nothing, and is told in its language', async () => {
  for (const { subject, text, html } of await send(everyKind('Zoë <O’Neil> & Co'))) {
    const isGerman = html.includes('<html lang="de"');
    expect(text).toMatch(isGerman ? /^Guten Tag Zoë <O’Neil> & Co,\n/ : /^Hello Zoë <O’Neil> & Co,\n/);
    expect(html).toContain('Zoë &lt;O’Neil&gt; &amp; Co,');
    expect(html).toContain('<h1>');
    expect(subject).toContain('Gatehouse');
    const plain = html
      .replace(/<style>.*<\/style>/s, '')
      .replace(/<[^>]*>/g, '\n')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
      .replaceAll('&#39;', "'");
    for (const line of text.split('\n').filter(Boolean)) expect(plain).toContain(line.replace(/:$/, ''));
    expect(html).not.toMatch(/url\(|@import|<(img|link|script)/);
  }
});

it('a mail with a link that is none of the web waits for a release that writes it better', async () => {
  await under.database.transaction((tx) =>
    under.app.mailQueue.queueMail(tx, { kind: 'verify_email', to: 'ada@example.com', data: { link: 'javascript:alert(1)' } }),
  );
  const find = () => under.database.query<{ state: string }>({ name: 'unreadable', text: `select state from mails where last_error = 'unreadable'` });
  await until(async () => (await find()).length === 1);
  expect(await find()).toEqual([{ state: 'queued' }]);
});

describe('the command preview-mail', () => {
  const preview = async (...options: string[]) => {
    const { ended, output } = bundle.run('preview-mail', { AUTH_MAIL_PRODUCT_NAME: 'Example Shop' }, options);
    return { code: await ended, output: output() };
  };
  it('shows a mail without a database or a mail server', async () => {
    expect(await preview('--kind', 'verify_email', '--language', 'de', '--format', 'subject')).toEqual({
      code: 0,
      output: 'Bestätigen Sie Ihre E-Mail-Adresse für Example Shop\n',
    });
    expect((await preview('--kind=verify_email', '--format=html')).output).toMatch(/^<!doctype html>\s*<html lang="en"/);
  });
  it('names what there is to choose from', async () => {
    const { code, output } = await preview('--kind=love_letter', '--language=fr', '--format=pdf');
    expect(code).toBe(1);
    for (const text of ['--kind must be one of these: verify_email,', '--language must be one of these: en, de', '--format must be one of these: text, html'])
      expect(output).toContain(text);
  });
});
