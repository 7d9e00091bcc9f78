import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createCaptcha } from '../src/attempts/captcha';
import { until } from './auth-under-test';
import { type AttemptsUnderTest, count, inTurn, password, startAttempts } from './attempts-under-test';

const wrong = 'INVALID_CREDENTIALS';
const required = 'CAPTCHA_REQUIRED';
const asked: { secret: string | null; response: string | null; remoteip: string | null }[] = [];
/** Answers those that wait. */
const waiting: (() => void)[] = [];
let verifier: Server;
let under: AttemptsUnderTest;

/** Speaks siteverify: what is right, what is wrong, and what is no answer. */
async function startVerifier(): Promise<Server> {
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = new URLSearchParams(text);
    const token = body.get('response');
    asked.push({ secret: body.get('secret'), response: token, remoteip: body.get('remoteip') });
    if (token === 'waits') return void waiting.push(() => response.end(JSON.stringify({ success: true })));
    if (token === 'hangs') return;
    if (token === 'breaks') return void response.socket!.destroy();
    response.statusCode = token === 'fails' ? 500 : 200;
    response.end(
      token === 'fails' ? '<html>' : JSON.stringify(token === 'solved' ? { success: true } : { success: false, 'error-codes': ['invalid-input-response'] }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const settings = () => ({
  AUTH_CAPTCHA_VERIFY_URL: `http://127.0.0.1:${(verifier.address() as AddressInfo).port}/siteverify`,
  AUTH_CAPTCHA_SECRET: 'of the service',
  AUTH_CAPTCHA_SITE_KEY: 'of-the-page',
  AUTH_CAPTCHA_TIMEOUT_MS: '200',
  AUTH_CAPTCHA_FAIL_MODE: 'closed',
  AUTH_SIGN_UPS_PER_ADDRESS: '10',
});
beforeAll(async () => {
  verifier = await startVerifier();
  under = await startAttempts({ settings: settings() });
});
beforeEach(() => {
  under.clock.now += 24 * 3_600_000;
  asked.splice(0);
});
afterAll(async () => {
  await under.close();
  verifier.closeAllConnections();
  verifier.close();
});

/** Uses up half of what an address may do. */
const comeNear = (by = under) => inTurn(10, (index) => by.guess({ email: `person-${index}@example.com` }));
const tokenOf = (captchaToken: string) => ({ email: 'nobody@example.com', captchaToken });

describe('a CAPTCHA', () => {
  it('is asked for once an address is near its limit, by the key for the page, and of other addresses not', async () => {
    expect(count(await comeNear())).toEqual({ [wrong]: 10 });
    expect(asked).toEqual([]);
    expect(await under.errorOf({ email: 'nobody@example.com' })).toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: required,
      metadata: { site_key: 'of-the-page' },
    });
    expect(await under.guess({ email: 'nobody@example.com', address: '203.0.113.9' })).toBe(wrong);
  });

  it('that is solved lets its sender try, and is verified with the secret and the address', async () => {
    await comeNear();
    expect(await under.guess(tokenOf('solved'))).toBe(wrong);
    expect(asked).toEqual([{ secret: 'of the service', response: 'solved', remoteip: '192.0.2.1' }]);
    const before = await under.metric('auth_security_events_total{event="captcha_refused"}');
    expect(await under.guess(tokenOf('made up'))).toBe(required);
    expect(await under.metric('auth_security_events_total{event="captcha_refused"}')).toBe(before + 1);
  });

  it('is asked for before anything is counted or looked at: who does not solve it locks nobody out', async () => {
    await under.signUp('ada@example.com');
    await comeNear();
    expect(count(await inTurn(8, () => under.guess({ email: 'ada@example.com' })))).toEqual({ [required]: 8 });
    expect(await under.guess({ email: 'ada@example.com', password, address: '203.0.113.9' })).toBe('OK');
  });

  it('is asked of nobody who comes from a device that is known', async () => {
    const deviceToken = await under.signUp('grace@example.com');
    await comeNear();
    expect(await under.guess({ email: 'grace@example.com', password, deviceToken })).toBe('OK');
    expect(asked).toEqual([]);
  });

  it.each(['hangs', 'breaks', 'fails'])('whose verifier %s lets nobody in where that is set, and says so', async (token) => {
    await comeNear();
    expect(await under.errorOf(tokenOf(token))).toMatchObject({ code: 'UNAVAILABLE', reason: 'CAPTCHA_UNAVAILABLE' });
  });

  it('whose verifier is gone lets in by default, while the other limits hold', async () => {
    const open = await startAttempts({
      settings: { ...settings(), AUTH_CAPTCHA_FAIL_MODE: 'open', AUTH_CAPTCHA_VERIFY_URL: 'http://127.0.0.1:1/' },
      beside: under,
    });
    await comeNear(open);
    expect(await open.guess({ email: 'nobody@example.com' })).toBe(required);
    expect(count(await inTurn(12, (index) => open.guess({ ...tokenOf('any'), email: `other-${index}@example.com` })))).toEqual({
      [wrong]: 10,
      TOO_MANY_ATTEMPTS: 2,
    });
    await open.close();
  });

  it('that is refused counts for the address: of very many that are made up few are verified', async () => {
    await comeNear();
    expect(count(await inTurn(15, () => under.guess(tokenOf('made up'))))).toEqual({ [required]: 10, TOO_MANY_ATTEMPTS: 5 });
    expect(asked).toHaveLength(10);
    expect(await under.guess({ email: 'nobody@example.com', address: '203.0.113.9' })).toBe(wrong);
  });

  it('that is refused at a sign-up counts for the address too, and is no sign-up', async () => {
    const signUp = (index: number, captchaToken = '') =>
      under.auth.signUp({ email: `robot-${index}@example.com`, password, captchaToken }).then(
        () => 'OK',
        ({ reason }) => reason,
      );
    await inTurn(5, (index) => signUp(index));
    expect(count(await inTurn(25, (index) => signUp(10 + index, 'made up')))).toEqual({ [required]: 20, TOO_MANY_ATTEMPTS: 5 });
    under.clock.now += 60_000;
    expect(count(await inTurn(5, (index) => signUp(50 + index, 'solved')))).toEqual({ OK: 5 });
  });

  it.each([
    ['are refused at once', 'closed', 'OVERLOADED'],
    ['are let in at once by the other limits, where that is set', 'open', 'unanswered'],
  ] as const)('is verified eight at a time, and those that would wait for long %s', async (_name, failMode, others) => {
    const captcha = createCaptcha({ ...under.config, AUTH_CAPTCHA_TIMEOUT_MS: 20_000, AUTH_CAPTCHA_FAIL_MODE: failMode })!;
    const verdicts = Promise.all(Array.from({ length: 100 }, () => captcha.verify('waits', '192.0.2.1').catch(({ reason }) => reason)));
    await until(() => waiting.length === 8);
    await pause(100);
    expect(asked).toHaveLength(8);
    for (let answered = 0; answered < 72; answered += 8) {
      await until(() => waiting.length === 8);
      for (const answer of waiting.splice(0)) answer();
    }
    expect(count(await verdicts)).toEqual({ passed: 72, [others]: 28 });
    expect(asked).toHaveLength(72);
  });

  it('is asked for where many sign up from one address', async () => {
    const signUp = (index: number, captchaToken = '') =>
      under.auth.signUp({ email: `new-${index}@example.com`, password, captchaToken }).then(
        () => 'OK',
        ({ reason }) => reason,
      );
    expect(count(await inTurn(7, (index) => signUp(index)))).toEqual({ OK: 5, [required]: 2 });
    expect(count(await inTurn(7, (index) => signUp(10 + index, 'solved')))).toEqual({ OK: 5, TOO_MANY_ATTEMPTS: 2 });
  });
});
