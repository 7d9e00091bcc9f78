import { unavailable } from '@gatehouse/contracts/api';
import { atOnce, type AttemptsUnderTest, count, inTurn, password, startAttempts } from './attempts-under-test';

let under: AttemptsUnderTest;
let beside: AttemptsUnderTest;
let device: string;
beforeAll(async () => {
  under = await startAttempts({ settings: { AUTH_ATTEMPT_MAX_DELAY_SECONDS: '16' } });
  beside = await startAttempts({ settings: { AUTH_ATTEMPT_MAX_DELAY_SECONDS: '16' }, beside: under });
  device = await under.signUp('ada@example.com');
});
// what came before is forgotten
beforeEach(() => void (under.clock.now += 24 * 3_600_000));
afterAll(() => under.close());

const wrong = 'INVALID_CREDENTIALS';
const refused = 'TOO_MANY_ATTEMPTS';
const address = (index: number) => `10.${index >> 8}.${index & 255}.1`;
const countHashes = () => under.metric('auth_password_hash_duration_seconds_count');

describe('who guesses at one account', () => {
  it('has five attempts, and then the right password is refused as a wrong one is, before it is looked at', async () => {
    expect(await inTurn(5, () => under.guess({ email: 'ada@example.com' }))).toEqual(Array(5).fill(wrong));
    const hashes = await countHashes();
    const answers = [await under.errorOf({ email: 'ada@example.com' }), await under.errorOf({ email: 'Ada@EXAMPLE.com', password })];
    expect(answers[0]).toMatchObject({ code: 'RESOURCE_EXHAUSTED', reason: refused, metadata: {}, retryDelayMs: 1_000 });
    expect(answers[1]).toEqual(answers[0]);
    expect(await countHashes()).toBe(hashes);
  });

  it('hears of an account that is not there what others hear', async () => {
    const hear = (email: string) => inTurn(7, () => under.errorOf({ email }));
    expect(await hear('nobody@example.com')).toEqual(await hear('ada@example.com'));
  });

  it('waits twice as long after each further failure, up to the longest delay, and nothing is counted while they wait', async () => {
    await inTurn(5, () => under.guess({ email: 'ada@example.com' }));
    const delays = await inTurn(6, async () => {
      await inTurn(3, () => under.guess({ email: 'ada@example.com' }));
      const { retryDelayMs = 0 } = await under.errorOf({ email: 'ada@example.com' });
      under.clock.now += retryDelayMs - 1;
      expect(await under.guess({ email: 'ada@example.com' })).toBe(refused);
      under.clock.now += 1;
      expect(await under.guess({ email: 'ada@example.com' })).toBe(wrong);
      return retryDelayMs;
    });
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 16_000]);
  });

  it('is forgiven a failure with time, and all of them once the right password came', async () => {
    await inTurn(5, () => under.guess({ email: 'ada@example.com' }));
    under.clock.now += 2 * 900_000;
    expect(await inTurn(3, () => under.guess({ email: 'ada@example.com' }))).toEqual([wrong, wrong, refused]);
    under.clock.now += 1_000;
    expect(await under.guess({ email: 'ada@example.com', password })).toBe('OK');
    expect(await inTurn(6, () => under.guess({ email: 'ada@example.com' }))).toEqual([...Array(5).fill(wrong), refused]);
  });

  it('from a thousand addresses has five attempts, while its person gets in from a device that is known', async () => {
    const outcomes = await atOnce(1_000, (index) => under.guess({ email: 'ada@example.com', address: address(index) }));
    expect(count(outcomes)).toEqual({ [wrong]: 5, [refused]: 995 });
    expect(await under.guess({ email: 'ada@example.com', password, address: '198.51.100.1' })).toBe(refused);
    expect(await under.guess({ email: 'ada@example.com', password, deviceToken: device, address: '198.51.100.1' })).toBe('OK');
    // which did nothing for those who guess
    expect(await under.guess({ email: 'ada@example.com' })).toBe(refused);
  });

  it('two hundred times at once, at two processes, has five attempts', async () => {
    const outcomes = await atOnce(200, (index) => (index % 2 ? under : beside).guess({ email: 'ada@example.com', address: address(index) }));
    expect(count(outcomes)).toEqual({ [wrong]: 5, [refused]: 195 });
  });

  it('is told of by an event and by metrics', async () => {
    const events = () => under.metric('auth_security_events_total{event="account_throttled"}');
    const failures = () => under.metric('auth_attempts_total{limit="account",outcome="failed"}');
    const before = [await events(), await failures()];
    await inTurn(4, () => under.guess({ email: 'ada@example.com' }));
    expect([await events(), await failures()]).toEqual([before[0], before[1]! + 4]);
    await under.guess({ email: 'ada@example.com' });
    expect([await events(), await failures()]).toEqual([before[0]! + 1, before[1]! + 5]);
  });
});

describe('a device that is known', () => {
  it('has a count of its own, so that one that was stolen is locked out as well, and its person is not', async () => {
    const guess = () => under.guess({ email: 'ada@example.com', deviceToken: device });
    expect(await inTurn(6, guess)).toEqual([...Array(5).fill(wrong), refused]);
    expect(await under.guess({ email: 'ada@example.com', deviceToken: device, password })).toBe(refused);
    expect(await under.guess({ email: 'ada@example.com', password })).toBe('OK');
  });

  it('is known of its own person alone: with any number of devices of their own nobody has one attempt more at others', async () => {
    const devices = await inTurn(6, (index) => under.signUp(`mallory-${index}@example.com`));
    const guesses = devices.map((deviceToken) => () => under.guess({ email: 'ada@example.com', deviceToken }));
    expect(await inTurn(6, (index) => guesses[index]!())).toEqual([...Array(5).fill(wrong), refused]);
  });

  it('is one of many for who knew the password and gathered tokens with it: all together earn them four times five attempts, and its person the next ones', async () => {
    await under.signUp('eve@example.com');
    const login = async () => (await under.auth.login({ email: 'eve@example.com', password })).deviceToken!;
    const gathered = await inTurn(12, login);
    const guesses = (times: number) =>
      inTurn(times, (index) => under.guess({ email: 'eve@example.com', deviceToken: gathered[Math.floor(index / 5)], address: address(index) }));
    // as strangers they have the five of the account besides
    expect(count(await guesses(60))).toEqual({ [wrong]: 25, [refused]: 35 });
    expect(await under.guess({ email: 'ada@example.com', deviceToken: device, password })).toBe('OK');
    under.clock.now += 1_000;
    expect(await under.guess({ email: 'eve@example.com', deviceToken: gathered[11], password })).toBe('OK');
  });

  it('is what its token says: rubbish, and tokens that were changed, are of no device', async () => {
    await inTurn(5, () => under.guess({ email: 'ada@example.com' }));
    for (const deviceToken of ['ghd_', 'x', `${device.slice(0, -2)}AA`])
      expect(await under.guess({ email: 'ada@example.com', deviceToken, password })).toBe(refused);
  });
});

describe('who tries one password at many accounts', () => {
  const spray = (times: number, from: (index: number) => string) =>
    atOnce(times, (index) => under.guess({ email: `person-${index}@example.com`, address: from(index) }));

  it('from one address has as many attempts as an address has; who shares it gets in from a device that is known, and others from theirs', async () => {
    expect(count(await spray(1_000, () => '192.0.2.7'))).toEqual({ [wrong]: 20, [refused]: 980 });
    expect(await under.guess({ email: 'ada@example.com', password, address: '192.0.2.7' })).toBe(refused);
    expect(await under.guess({ email: 'ada@example.com', password, address: '192.0.2.7', deviceToken: device })).toBe('OK');
    expect(await under.guess({ email: 'ada@example.com', password, address: '192.0.3.1' })).toBe('OK');
    expect(await under.metric('auth_security_events_total{event="address_throttled"}')).toBeGreaterThan(0);
  });

  it.each([
    ['the addresses of an IPv6 client', 20, (index: number) => `2001:db8:1:2::${index.toString(16)}`],
    ['an address of IPv4 that comes over IPv6', 20, (index: number) => (index % 2 ? '198.51.100.9' : '::ffff:198.51.100.9')],
    ['a network of IPv4', 40, (index: number) => `203.0.113.${index % 256}`],
    ['a network of IPv6', 40, (index: number) => `2001:db8:3:${(index % 256).toString(16)}::1`],
  ])('from %s has %i', async (_, attempts, from) => {
    expect(count(await spray(100, from))[wrong]).toBe(attempts);
  });

  it('does not earn attempts by logging in between', async () => {
    await inTurn(20, (index) => under.guess({ email: `person-${index}@example.com` }));
    under.clock.now += 1_000;
    expect(await under.guess({ email: 'ada@example.com', password })).toBe('OK');
    expect(count(await inTurn(3, (index) => under.guess({ email: `other-${index}@example.com` })))).toEqual({ [wrong]: 1, [refused]: 2 });
  });
});

it('an attempt at which nothing could be judged does not count', async () => {
  under.users.gates.beforeResolve = () => Promise.reject(unavailable());
  expect(await inTurn(6, () => under.guess({ email: 'ada@example.com', password }))).toEqual(Array(6).fill('UNAVAILABLE'));
  delete under.users.gates.beforeResolve;
  expect(await under.guess({ email: 'ada@example.com', password })).toBe('OK');
});

it('what is counted holds neither emails nor addresses, and is removed once it says nothing any more', async () => {
  const rows = async () => (await under.database.query<{ count: number }>({ name: 'count', text: 'select count(*)::int as count from attempts' }))[0]!.count;
  await under.guess({ email: 'secret@example.com', address: '203.0.113.250' });
  expect(await rows()).toBeGreaterThan(0);
  const dump = (await under.database.query<{ row: string }>({ name: 'read', text: 'select attempts::text as row from attempts' })).map(({ row }) => row).join();
  expect(dump).not.toMatch(/secret|203\.0\.113|cb0071/);
  await under.database.query({ name: 'age', text: `update attempts set expire_time = now() + interval '1 hour'` });
  await under.database.query({ name: 'expire', text: `update attempts set expire_time = now() - interval '1 second' where level < 2` });
  const old = await rows();
  await under.app.sweeper.sweepSessions();
  expect([(await rows()) < old, (await rows()) > 0]).toEqual([true, true]);
});
