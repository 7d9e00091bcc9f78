import { createMailQueue } from '../src/mail/mail-queue';
import { type AuthUnderTest, startAuth, until } from './auth-under-test';
import { type Bundle, buildBundle } from './built-process';
import { type MailServer, startMailServer } from './mail-server';

let under: AuthUnderTest;
let bundle: Bundle;
let server: MailServer;
beforeAll(async () => {
  [under, bundle, server] = await Promise.all([startAuth(), buildBundle(), startMailServer()]);
});
afterAll(async () => {
  await bundle.remove();
  await under.close();
  await server.close();
});

const serve = (settings: Record<string, string> = {}) =>
  bundle.run('serve', { ...under.settings, LOG_LEVEL: 'debug', AUTH_SMTP_TIMEOUT_SECONDS: '1', ...server.settings, ...settings });

/** Makes it later by what a mail is leased for at most: ten seconds beside the second that sending may take. */
async function passLeases() {
  const moved = await under.database.query<{ isFree: boolean }>({
    name: 'pass-leases',
    text: `update mails set next_attempt_time = next_attempt_time - interval '11 seconds' where state = 'queued' returning next_attempt_time <= now() as "isFree"`,
  });
  expect(moved.every(({ isFree }) => isFree)).toBe(true);
}

it('what is killed while it sends loses no mail, and logs nothing of any', async () => {
  const queue = createMailQueue([under.config.AUTH_SECRET_KEY]);
  const addresses = Array.from({ length: 60 }, (_, index) => `killed-${index}@example.com`);
  await under.database.transaction(async (tx) => {
    for (const to of addresses)
      await queue.queueMail(tx, { kind: 'reset_password', to, data: { name: 'Secretive', link: 'https://shop.example/go', code: 'KEPT-CODE' } });
  });
  // the server has a mail, and has not said so; once more it has said so of some
  for (const taken of [0, 20]) {
    let isReached = false;
    server.behaviour = {
      onMail() {
        if (server.received.length < taken) return;
        isReached = true;
        return new Promise(() => {});
      },
    };
    const killed = serve();
    await until(() => isReached, 20_000);
    killed.child.kill('SIGKILL');
    await killed.ended;
    await passLeases();
  }
  server.behaviour = {};
  const mended = serve();
  const count = async (state: string) =>
    (await under.database.query({ name: 'mails-in', text: 'select 1 from mails where state = $1', values: [state] })).length;
  await until(async () => (await count('sent')) === addresses.length, 25_000);
  expect([...new Set(server.received.map(({ to }) => to[0]))].sort()).toEqual([...addresses].sort());
  // who got one twice can tell
  expect(new Set(server.received.map(({ mail }) => mail.messageId)).size).toBe(addresses.length);
  mended.child.kill('SIGTERM');
  expect(await mended.ended).toBe(0);
  for (const secret of ['killed-', '@example.com', 'Secretive', 'KEPT-CODE', server.settings.AUTH_SMTP_URL!, 'p@ss', 'p%40ss'])
    expect(mended.output()).not.toContain(secret);
}, 60_000);

it('a process that is told to end leaves what a mail server keeps waiting to the next', async () => {
  const queue = createMailQueue([under.config.AUTH_SECRET_KEY]);
  let isReached = false;
  server.behaviour = {
    onMail() {
      isReached = true;
      return new Promise(() => {});
    },
  };
  const ending = serve({ AUTH_SMTP_TIMEOUT_SECONDS: '600' });
  await under.database.transaction((tx) =>
    queue.queueMail(tx, { kind: 'reset_password', to: 'waiting@example.com', data: { link: 'https://shop.example/go', code: '1' } }),
  );
  await until(() => isReached, 20_000);
  ending.child.kill('SIGTERM');
  expect(await ending.ended).toBe(0);
  server.behaviour = {};
  const next = serve();
  await until(() => server.received.some(({ to }) => to[0] === 'waiting@example.com'), 20_000);
  next.child.kill('SIGTERM');
  expect(await next.ended).toBe(0);
});

it('a file of CAs that is none is told before anything runs', async () => {
  const checked = bundle.run('serve', { ...under.settings, ...server.settings, AUTH_SMTP_CA_FILE: '/nowhere/ca.pem' }, ['--check-config']);
  expect(await checked.ended).toBe(1);
  expect(checked.output()).toContain('AUTH_SMTP_CA_FILE: /nowhere/ca.pem cannot be read (ENOENT)');
});
