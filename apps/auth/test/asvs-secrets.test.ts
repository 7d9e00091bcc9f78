import { verdictOf } from './auth-under-test';
import { createPeopleWithFactors, password, totp } from './factors-under-test';
import { type AuthWithMails, startAuthWithMails } from './mails-under-test';

const clock = { now: Date.now() };
let under: AuthWithMails;
let people: ReturnType<typeof createPeopleWithFactors>;
beforeAll(async () => {
  under = await startAuthWithMails({ settings: { AUTH_SIGNUP_VERIFICATION: 'off' }, overrides: { now: () => clock.now } });
  people = createPeopleWithFactors(under, clock);
});
afterAll(() => under.close());

const query = (text: string, ...values: unknown[]) => under.database.query({ name: text.slice(0, 60).replace(/\W/g, '-'), text, values });

/** Of how many bits a value was drawn, as far as many of them show: those that are 1 in some and 0 in others. */
function countFreeBits(values: readonly bigint[]): number {
  const [ever, always] = [values.reduce((one, other) => one | other), values.reduce((one, other) => one & other)];
  return [...(ever & ~always).toString(2)].filter((bit) => bit === '1').length;
}

it('a new installation has no account that somebody else might know the password of', async () => {
  const [row] = await query('select (select count(*) from credentials) + (select count(*) from factors) + (select count(*) from sessions) as accounts');
  expect(row).toEqual({ accounts: '0' });
});

it('a password stays good, however old it is', async () => {
  const { id, email } = await people.signUp();
  await query(`update credentials set create_time = create_time - interval '10 years', update_time = update_time - interval '10 years' where user_id = $1`, id);
  expect(await verdictOf(under.auth.login({ email, password }))).toBe('OK');
});

it('each refresh token is another one, of 256 random bits', async () => {
  let { refreshToken } = await people.signUp();
  const tokens = [refreshToken];
  while (tokens.length < 64) tokens.push((refreshToken = (await under.auth.refresh({ refreshToken })).refreshToken!));
  for (const token of tokens) expect(token).toMatch(/^ghr_[\w-]{43}$/);
  expect(countFreeBits(tokens.map((token) => BigInt(`0x${Buffer.from(token.slice(4), 'base64url').toString('hex')}`)))).toBe(256);
});

it('recovery codes have 120 random bits, and no two are the same', async () => {
  const { accessToken, codeAt } = await people.withFactor();
  const proved = await under.factorsOf(accessToken).stepUp({ proof: totp(codeAt(0)) });
  const mine = under.factorsOf(proved.accessToken);
  const codes: string[] = [];
  while (codes.length < 70) codes.push(...(await mine.regenerateRecoveryCodes({})).recoveryCodes);
  expect(new Set(codes).size).toBe(codes.length);
  const toBits = (code: string) =>
    [...code.replaceAll('-', '')].map((letter) => '0123456789abcdefghjkmnpqrstvwxyz'.indexOf(letter).toString(2).padStart(5, '0'));
  expect(countFreeBits(codes.map((code) => BigInt(`0b${toBits(code).join('')}`)))).toBe(120);
});

it('digits in mails are eight', async () => {
  const { email } = await people.signUp();
  await under.recovery.requestPasswordReset({ email });
  expect((await under.mailTo(email)).code).toMatch(/^\d{8}$/);
});
