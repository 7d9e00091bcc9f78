import { createServer } from 'node:net';
import type { Mail } from '../src/mail/mail';
import { forgetPeople } from '../src/postgres/known-people-repository';
import { type AuthUnderTest, startAuth, until } from './auth-under-test';
import { answer, type MailServer, startMailServer } from './mail-server';

const never = () => new Promise<void>(() => {});
const link = 'https://shop.example/reset#code=kept-secret-link';
let server: MailServer;
let under: AuthUnderTest;
beforeAll(async () => {
  server = await startMailServer();
  under = await startAuth({
    settings: { ...server.settings, AUTH_SMTP_TIMEOUT_SECONDS: '1', AUTH_MAIL_PRODUCT_NAME: 'Shop & Co' },
    overrides: { firstMailRetryMs: 100 },
  });
});
afterAll(async () => {
  await under.close();
  await server.close();
});
beforeEach(() => {
  server.received.length = 0;
  server.behaviour = {};
});

const resetOf = (to: string, more: Partial<Mail> = {}) =>
  ({ kind: 'reset_password', to, data: { name: 'Ada', link, code: 'KEPT-CODE' }, validForSeconds: 1_800, ...more }) as Mail;
const queue = (...mails: Mail[]) =>
  under.database.transaction(async (tx) => {
    for (const mail of mails) await under.app.mailQueue.queueMail(tx, mail);
  });
interface MailRow {
  state: string;
  attempts: number;
  sealed: Buffer | null;
  last_error: string | null;
}
const rowsOf = (userId: string) =>
  under.database.query<MailRow>({ name: 'mails-of', text: 'select state, attempts, sealed, last_error from mails where user_id = $1', values: [userId] });
let people = 0;
const newId = () => `00000000-0000-7000-8000-${String(++people).padStart(12, '0')}`;
const rowOf = async (userId: string) => (await rowsOf(userId))[0]!;
const untilState = (userId: string, state: string) => until(async () => (await rowOf(userId)).state === state);

it('a mail reaches its recipient over TLS, as text and HTML, and nothing of it is left', async () => {
  const userId = newId();
  await queue(resetOf('ada@example.com', { userId }));
  expect(await under.dump()).not.toMatch(/ada@example|kept-secret|KEPT-CODE/);
  await untilState(userId, 'sent');
  const [{ from, to, isSecure, user, mail, raw }] = server.received as [(typeof server.received)[0]];
  expect({ from, to, isSecure, user }).toEqual({ from: 'no-reply@shop.example', to: ['ada@example.com'], isSecure: true, user: 'gatehouse' });
  expect(mail).toMatchObject({ from: { name: 'Example Shop', address: 'no-reply@shop.example' }, subject: 'Choose a new password for Shop & Co' });
  for (const text of ['Hello Ada,', link, 'KEPT-CODE', '30 minutes', 'Shop & Co']) expect(mail.text).toContain(text);
  for (const text of ['Hello Ada,', `<a href="${link}">`, 'KEPT-CODE', 'Shop &amp; Co', '<html lang="en"']) expect(mail.html).toContain(text);
  expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
  expect(await rowOf(userId)).toEqual({ state: 'sent', attempts: 1, sealed: null, last_error: null });
});

it('a mail is written in the language that was asked for, or in English', async () => {
  await queue(
    resetOf('de@example.com', { language: 'de-AT' }),
    resetOf('header@example.com', { language: 'fr;q=0.9, de;q=0.5, en;q=0.1' }),
    resetOf('fr@example.com', { language: 'fr' }),
    resetOf('nonsense@example.com', { language: ';;;q=x,'.repeat(100) }),
  );
  await until(() => server.received.length === 4);
  const subjects = Object.fromEntries(server.received.map(({ to, mail }) => [to[0], mail.subject]));
  const [german, english] = ['Neues Passwort für Shop & Co wählen', 'Choose a new password for Shop & Co'];
  expect(subjects).toEqual({ 'de@example.com': german, 'header@example.com': german, 'fr@example.com': english, 'nonsense@example.com': english });
});

it('what is rolled back sends no mail', async () => {
  const work = under.database.transaction(async (tx) => {
    await under.app.mailQueue.queueMail(tx, resetOf('rolled-back@example.com'));
    throw new Error('no');
  });
  await expect(work).rejects.toThrow();
  await queue(resetOf('after@example.com'));
  await until(() => server.received.length > 0);
  expect(server.received.map(({ to }) => to[0])).toEqual(['after@example.com']);
});

describe('what the server refuses', () => {
  it('for now is sent later, under the same Message-ID', async () => {
    const userId = newId();
    const ids: string[] = [];
    let times = 0;
    server.behaviour = {
      onMail: () => {
        if (++times < 3) throw answer(451, 'greylisted ada@example.com');
      },
    };
    await queue(resetOf('grey@example.com', { userId }));
    await untilState(userId, 'sent');
    ids.push(...server.received.map(({ mail }) => mail.messageId!));
    expect(ids).toEqual([expect.stringMatching(/^<[0-9a-f-]{36}@shop\.example>$/)]);
    expect(await rowOf(userId)).toMatchObject({ attempts: 3, last_error: 'refused_for_now' });
  });

  it.each([
    ['at the recipient', 'onRecipient'],
    ['at the mail', 'onMail'],
  ] as const)('for ever, %s, is given up', async (_, step) => {
    const userId = newId();
    server.behaviour = {
      [step]: () => {
        throw answer(550, 'no such user');
      },
    };
    await queue(resetOf('gone@example.com', { userId }));
    await untilState(userId, 'failed');
    expect(await rowOf(userId)).toEqual({ state: 'failed', attempts: 1, sealed: null, last_error: 'refused' });
  });

  it('of us, and not of the recipient, is tried again', async () => {
    const userId = newId();
    let times = 0;
    server.behaviour = {
      onMailFrom: () => {
        if (++times < 2) throw answer(550, 'sender rejected');
      },
    };
    await queue(resetOf('honest@example.com', { userId }));
    await untilState(userId, 'sent');
    expect(await rowOf(userId)).toMatchObject({ attempts: 2, last_error: 'sender_refused' });
  });
});

it.each(['onMailFrom', 'onRecipient', 'onMail'] as const)('a server that hangs in %s costs its time, and no mail', async (step) => {
  const userId = newId();
  let times = 0;
  server.behaviour = { [step]: () => (++times === 1 ? never() : undefined) };
  await queue(resetOf('patient@example.com', { userId }));
  await untilState(userId, 'sent');
  expect(server.received.map(({ to }) => to)).toEqual([['patient@example.com']]);
  expect(await rowOf(userId)).toMatchObject({ attempts: 2, last_error: 'timeout' });
});

it.each([
  ['before it greets', undefined],
  ['after it greets', '220 mail.example ESMTP\r\n'],
])('a server that says nothing %s, or hangs up, blocks nothing', async (_, greeting) => {
  let connections = 0;
  const silent = createServer((socket) => {
    connections++;
    socket.on('error', () => {}).resume();
    if (greeting) socket.write(greeting);
    if (connections > 1) socket.end();
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  const settings = { AUTH_SMTP_URL: `smtp://localhost:${port}`, AUTH_MAIL_FROM: 'no-reply@shop.example', AUTH_SMTP_TIMEOUT_SECONDS: '1' };
  const other = await startAuth({ settings, overrides: { firstMailRetryMs: 100 } });
  await other.database.transaction((tx) => other.app.mailQueue.queueMail(tx, resetOf('silence@example.com')));
  await until(() => connections >= 3);
  expect((await other.auth.signUp({ email: 'busy@example.com', password: 'correct horse battery' })).accessToken).toBeTruthy();
  const [row] = await other.database.query<{ state: string; last_error: string }>({ name: 'only-mail', text: 'select state, last_error from mails' });
  expect(row).toEqual({ state: 'queued', last_error: expect.stringMatching(/^(connection|timeout)$/) });
  await other.close();
  await new Promise((resolve) => silent.close(resolve));
});

it('what has expired is not sent any more, and is erased', async () => {
  const userId = newId();
  await queue(resetOf('late@example.com', { userId, validForSeconds: 0 }));
  await until(async () => (await rowOf(userId)).state === 'failed');
  expect(await rowOf(userId)).toEqual({ state: 'failed', attempts: 0, sealed: null, last_error: 'expired' });
  expect(server.received).toEqual([]);
});

it('two processes at once send each mail once', async () => {
  const beside = await startAuth({ beside: under, settings: { ...server.settings, AUTH_MAIL_CONCURRENCY: '8' } });
  const addresses = Array.from({ length: 150 }, (_, index) => `person-${index}@example.com`);
  const connections = new Set<number>();
  // all wait until there are more than one process opens
  const bothSend = Promise.withResolvers<void>();
  server.behaviour = {
    onMail({ remotePort }) {
      connections.add(remotePort);
      if (connections.size > 8) bothSend.resolve();
      return bothSend.promise;
    },
  };
  await beside.database.transaction(async (tx) => {
    for (const to of addresses) await beside.app.mailQueue.queueMail(tx, resetOf(to));
  });
  await until(async () => (await under.database.query({ name: 'any-queued', text: `select 1 from mails where state = 'queued'` })).length === 0);
  expect(server.received.map(({ to }) => to[0]).sort()).toEqual([...addresses].sort());
  await beside.close();
});

it('an address can be nothing but one address', async () => {
  const hostile = [
    'a@example.com, b@example.com',
    'a@example.com\r\nRCPT TO:<b@example.com>',
    'a@example.com>\r\nBcc: b@example.com',
    '<a@example.com>',
    'Ada <a@example.com>',
    '"a b"@example.com',
    'nobody',
    '@example.com',
    '',
    `${'a'.repeat(300)}@example.com`,
  ];
  const ids = hostile.map(newId);
  await queue(...hostile.map((to, index) => resetOf(to, { userId: ids[index]! })));
  for (const id of ids) {
    await untilState(id, 'failed');
    expect(await rowOf(id)).toMatchObject({ sealed: null, last_error: 'bad_address' });
  }
  expect(server.received).toEqual([]);
});

it('mails of who is erased go with them', async () => {
  const userId = newId();
  server.behaviour = {
    onRecipient: () => {
      throw answer(451);
    },
  };
  await queue(resetOf('erased@example.com', { userId }));
  await under.database.transaction((tx) => forgetPeople(tx, [userId]));
  expect(await rowsOf(userId)).toEqual([]);
});

it('metrics tell what waits, what was sent and what was given up', async () => {
  const text = await (await fetch(`http://127.0.0.1:${under.app.adminPort}/metrics`)).text();
  const value = (series: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1],
    );
  expect(value('auth_mails_sent_total{kind="reset_password"}')).toBeGreaterThan(50);
  expect(value('auth_mails_given_up_total{kind="reset_password",reason="refused"}')).toBe(2);
  expect(value('auth_mails_given_up_total{kind="reset_password",reason="expired"}')).toBe(1);
  expect(value('auth_mail_attempts_total{outcome="timeout"}')).toBeGreaterThan(1);
  expect(value('auth_mails_waiting{kind="reset_password"}')).toBeGreaterThanOrEqual(0);
  expect(value('auth_mails_oldest_age_seconds')).toBeGreaterThanOrEqual(0);
});
