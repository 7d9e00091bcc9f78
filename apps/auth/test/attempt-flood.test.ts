import { type AttemptsUnderTest, count, inTurn, password, startAttempts } from './attempts-under-test';
import { until } from './auth-under-test';

let one: AttemptsUnderTest;
let other: AttemptsUnderTest;
beforeAll(async () => {
  const settings = { AUTH_FLOOD_FAILURES_PER_MINUTE: '20', AUTH_ADDRESS_FREE_FAILURES: '1000' };
  one = await startAttempts({ settings });
  other = await startAttempts({ settings, beside: one });
});
afterAll(() => one.close());

const isFlood = async (under: AttemptsUnderTest) => (await under.metric('auth_attempts_flood')) === 1;
const address = (index: number) => `10.0.${index}.1`;

it('in a flood of failures, counted by all processes, an unknown device has one free attempt at an account, and known ones as many as ever', async () => {
  const deviceToken = await one.signUp('ada@example.com');
  // at each of the two too few for one
  await inTurn(24, (index) => (index % 2 ? one : other).guess({ email: `person-${index}@example.com`, address: address(index) }));
  await until(async () => (await isFlood(one)) && (await isFlood(other)));
  const guesses = await inTurn(3, () => one.guess({ email: 'ada@example.com', address: '203.0.113.1' }));
  expect(count(guesses)).toEqual({ INVALID_CREDENTIALS: 1, TOO_MANY_ATTEMPTS: 2 });
  expect(await inTurn(3, () => other.guess({ email: 'ada@example.com', deviceToken }))).toEqual(Array(3).fill('INVALID_CREDENTIALS'));
  expect(await other.guess({ email: 'ada@example.com', password, deviceToken })).toBe('OK');

  one.clock.now += 120_000;
  await until(async () => !(await isFlood(one)) && !(await isFlood(other)));
  one.clock.now += 3_600_000;
  expect(await inTurn(3, () => one.guess({ email: 'ada@example.com' }))).toEqual(Array(3).fill('INVALID_CREDENTIALS'));
});

it('in a flood an unknown device whose CAPTCHA nobody could verify has one free attempt too', async () => {
  const captcha = { AUTH_CAPTCHA_VERIFY_URL: 'http://127.0.0.1:1/', AUTH_CAPTCHA_SECRET: 'of the service', AUTH_CAPTCHA_SITE_KEY: 'of-the-page' };
  const under = await startAttempts({ settings: { AUTH_FLOOD_FAILURES_PER_MINUTE: '20', AUTH_ADDRESS_FREE_FAILURES: '1000', ...captcha }, beside: one });
  const guess = () => under.guess({ email: 'grace@example.com', address: '203.0.113.2', captchaToken: 'any' });
  await inTurn(24, (index) => under.guess({ email: `someone-${index}@example.com`, address: address(index) }));
  await until(() => isFlood(under));
  expect(count(await inTurn(3, guess))).toEqual({ INVALID_CREDENTIALS: 1, TOO_MANY_ATTEMPTS: 2 });
  await under.close();
});
