import { UserStatus } from '@gatehouse/contracts/user';
import { decodeJwt } from 'jose';
import { PassThrough } from 'node:stream';
import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';
import { createPeopleWithFactors, password, recovery, totp } from './factors-under-test';

const wrongCode = 'UNAUTHENTICATED FACTOR_CODE_INVALID';
const wrongToken = 'UNAUTHENTICATED LOGIN_TOKEN_INVALID';
const clock = { now: Date.now() };
const logStream = new PassThrough();
let logged = '';
let under: AuthUnderTest;
let people: ReturnType<typeof createPeopleWithFactors>;
beforeAll(async () => {
  logStream.on('data', (chunk) => (logged += chunk));
  under = await startAuth({ settings: { LOG_LEVEL: 'info' }, overrides: { now: () => clock.now, logStream } });
  people = createPeopleWithFactors(under, clock);
});
beforeEach(() => void (clock.now = Date.now()));
afterAll(() => under.close());

const complete = (loginToken: string, code: ReturnType<typeof totp> | ReturnType<typeof recovery>) => under.factorsOf().completeLogin({ loginToken, code });
const query = (text: string, ...values: unknown[]) => under.database.query({ name: text.slice(0, 60).replace(/\W/g, '-'), text, values });

describe('logging in with a second factor', () => {
  it('takes two steps, the first of which gives nothing but a token for the second', async () => {
    const { id, email, codeAt } = await people.withFactor();
    const { loginToken, ...first } = await under.auth.login({ email, password });
    expect(first).toEqual({ verificationRequired: false, factorRequired: true, factorTypes: [1, 2] });
    const answer = await complete(loginToken!, totp(codeAt(0)));
    expect(answer).toMatchObject({ user: { id, email }, tokenType: 'Bearer', deviceToken: expect.stringMatching(/^ghd_/), factorTypes: [] });
    expect(decodeJwt(answer.accessToken!)).toMatchObject({ sub: id, acr: 'aal2', amr: ['pwd', 'otp'] });
    const refreshed = await under.auth.refresh({ refreshToken: answer.refreshToken! });
    const { auth_time, acr, amr } = decodeJwt(refreshed.accessToken!);
    expect({ auth_time, acr, amr }).toEqual({ auth_time: decodeJwt(answer.accessToken!).auth_time, acr: 'aal2', amr: ['pwd', 'otp'] });
  });

  it('is asked for of a repeated sign-up as well', async () => {
    const email = 'repeated@example.com';
    const request = { email, password, requestId: crypto.randomUUID() };
    const { accessToken } = await under.auth.signUp(request);
    await people.addFactor(accessToken!);
    const again = await under.auth.signUp(request);
    expect(again).toMatchObject({ factorRequired: true, loginToken: expect.stringMatching(/^ghl_/) });
    expect([again.user, again.accessToken, again.refreshToken, again.deviceToken]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('says nothing of it to who does not know the password', async () => {
    const { email } = await people.withFactor();
    expect(await verdictOf(under.auth.login({ email, password: 'wrong' }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
  });

  it('is on the device that it began on', async () => {
    const { email, accessToken, deviceToken } = await people.signUp();
    const { codeAt } = await people.addFactor(accessToken);
    const { loginToken } = await under.auth.login({ email, password, deviceToken });
    await complete(loginToken!, totp(codeAt(0)));
    const devices = await query(
      'select count(distinct device_id)::int as devices, count(*)::int as sessions from sessions join credentials using (user_id) where user_id = $1',
      decodeJwt(accessToken).sub,
    );
    expect(devices).toEqual([{ devices: 1, sessions: 2 }]);
  });

  it('is asked for of who waits while it is added', async () => {
    const { id, email, accessToken } = await people.signUp();
    const { factor } = await under.factorsOf(accessToken).enrollTotp({ displayName: 'my phone' });
    let login: ReturnType<typeof under.auth.login> | undefined;
    await under.database.transaction(async (tx) => {
      await tx.query({ name: 'hold-person-alone', text: 'select pg_advisory_xact_lock(hashtextextended($1, 8))', values: [id] });
      login = under.auth.login({ email, password });
      await until(async () => (await query('select from pg_locks where not granted')).length > 0);
      await tx.query({ name: 'confirm-factor', text: 'update factors set confirm_time = now() where id = $1', values: [factor!.id] });
    });
    expect(await login).toMatchObject({ factorRequired: true });
  });

  it('that waits for its code ends with the sessions of its person', async () => {
    const { email, codeAt, accessToken } = await people.withFactor();
    const token = await people.begin(email);
    expect(await under.sessionsAs(accessToken).revokeOtherSessions({})).toEqual({ revoked: 0 });
    expect(await verdictOf(complete(token, totp(codeAt(0))))).toBe(wrongToken);
  });
});

describe('a code', () => {
  it('of the step before, of this one and of the next lets in, and no other', async () => {
    const { email, codeAt } = await people.withFactor();
    const token = await people.begin(email);
    for (const steps of [-2, 2]) expect([steps, await verdictOf(complete(token, totp(codeAt(steps))))]).toEqual([steps, wrongCode]);
    expect(await verdictOf(complete(token, totp(codeAt(0))))).toBe('OK');
    expect(await verdictOf(complete(await people.begin(email), totp(codeAt(1))))).toBe('OK');
    clock.now += 90_000;
    expect(await verdictOf(complete(await people.begin(email), totp(codeAt(-1))))).toBe('OK');
  });

  it('lets in once, and neither it nor an earlier one does so again', async () => {
    const { email, codeAt } = await people.withFactor();
    const codes = [codeAt(0), codeAt(1)];
    expect(await verdictOf(complete(await people.begin(email), totp(codes[1]!)))).toBe('OK');
    const token = await people.begin(email);
    for (const code of codes) expect(await verdictOf(complete(token, totp(code)))).toBe(wrongCode);
    clock.now += 60_000;
    expect(await verdictOf(complete(token, totp(codeAt(0))))).toBe('OK');
  });

  it('that several show at once lets one of them in', async () => {
    const { email, codeAt, recoveryCodes } = await people.withFactor();
    for (const code of [totp(codeAt(0)), recovery(recoveryCodes[3]!)]) {
      const tokens = await Promise.all([1, 2, 3].map(() => people.begin(email)));
      const verdicts = await Promise.all(tokens.map((token) => verdictOf(complete(token, code))));
      expect(verdicts.sort()).toEqual(['OK', wrongCode, wrongCode]);
    }
  });

  it('of another person is wrong, and one of another form is refused before it is looked at', async () => {
    const [ada, bob] = [await people.withFactor(), await people.withFactor()];
    const token = await people.begin(ada.email);
    expect(await verdictOf(complete(token, totp(bob.codeAt(0))))).toBe(wrongCode);
    expect(await verdictOf(complete(token, recovery(bob.recoveryCodes[0]!)))).toBe(wrongCode);
    for (const value of ['12345', '1234567', 'abcdef', '', '１２３４５６'])
      expect(await verdictOf(complete(token, totp(value)))).toBe('INVALID_ARGUMENT VALIDATION_FAILED');
    expect(await verdictOf(under.factorsOf().completeLogin({ loginToken: token }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED');
    expect(await verdictOf(complete(token, totp(ada.codeAt(0))))).toBe('OK');
  });

  it('for recovery lets in once, however it is typed, and is told of', async () => {
    const { id, email, accessToken, recoveryCodes } = await people.withFactor();
    const typed = ` ${recoveryCodes[0]!.replaceAll('-', ' ').toUpperCase().replace(/0/g, 'O').replace(/1/g, 'l')} `;
    const answer = await complete(await people.begin(email), recovery(typed));
    expect(decodeJwt(answer.accessToken!)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp'] });
    expect(await verdictOf(complete(await people.begin(email), recovery(recoveryCodes[0]!)))).toBe(wrongCode);
    expect((await under.factorsOf(accessToken).listFactors({ userId: 'me' })).recoveryCodesLeft).toBe(9);
    const told = () => logged.split('\n').filter((line) => line.includes(id) && line.includes('security event'));
    await until(() => told().length === 3);
    expect(told().map((line) => JSON.parse(line)['event.name'])).toEqual(['factor_added', 'recovery_code_used', 'factor_code_refused']);
  });

  it('stands in no line of the log, nor does a token or a secret', async () => {
    const { email, codeAt, recoveryCodes, secret } = await people.withFactor();
    const token = await people.begin(email);
    const code = codeAt(0);
    await verdictOf(complete(token, recovery('0000-0000-0000-0000')));
    await verdictOf(complete(token, totp(code)));
    await verdictOf(complete(token, totp(code)));
    expect(logged).toContain('CompleteLogin');
    for (const text of [token, secret, `"${code}"`, '0000-0000', ...recoveryCodes]) expect(logged).not.toContain(text);
  });
});

describe('a login token', () => {
  it('takes five wrong codes, and no right one afterwards', async () => {
    const { email, codeAt } = await people.withFactor();
    const token = await people.begin(email);
    for (let turn = 0; turn < 4; turn++) expect(await verdictOf(complete(token, totp(codeAt(7))))).toBe(wrongCode);
    const spent = await people.begin(email);
    for (let turn = 0; turn < 5; turn++) expect(await verdictOf(complete(spent, totp(codeAt(7))))).toBe(wrongCode);
    expect(await verdictOf(complete(spent, totp(codeAt(0))))).toBe(wrongToken);
    expect(await verdictOf(complete(token, totp(codeAt(0))))).toBe('OK');
  });

  it('takes no more than five of fifty at once', async () => {
    const { email, codeAt } = await people.withFactor();
    const token = await people.begin(email);
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => verdictOf(complete(token, totp(codeAt(7))))));
    expect(verdicts.filter((verdict) => verdict === wrongCode)).toHaveLength(5);
    expect(verdicts.filter((verdict) => verdict === wrongToken)).toHaveLength(45);
  });

  it('has its tries left when the account is under attack, and no code was looked at', async () => {
    const counted = { now: Date.now() };
    const limited = await startAuth({
      beside: under,
      settings: { AUTH_ACCOUNT_FREE_FAILURES: '5' },
      overrides: { now: () => clock.now, attemptsNow: () => counted.now },
    });
    const { email, codeAt } = await people.withFactor();
    const loginToken = await people.begin(email);
    for (let turn = 0; turn < 5; turn++) await verdictOf(limited.auth.login({ email, password: 'wrong' }));
    const completeLogin = () => verdictOf(limited.factorsOf().completeLogin({ loginToken, code: totp(codeAt(0)) }));
    for (let turn = 0; turn < 6; turn++) expect(await completeLogin()).toBe('RESOURCE_EXHAUSTED TOO_MANY_ATTEMPTS');
    counted.now += 1_000;
    expect(await completeLogin()).toBe('OK');
    await limited.close();
  });

  it('opens one session, also for two right codes at once', async () => {
    const { email, codeAt, recoveryCodes } = await people.withFactor();
    const token = await people.begin(email);
    const verdicts = await Promise.all([totp(codeAt(0)), totp(codeAt(1)), recovery(recoveryCodes[0]!)].map((code) => verdictOf(complete(token, code))));
    expect(verdicts.sort()).toEqual(['OK', wrongToken, wrongToken]);
    expect(await verdictOf(complete(token, recovery(recoveryCodes[1]!)))).toBe(wrongToken);
    // what did not let in was not used up
    expect(await verdictOf(complete(await people.begin(email), recovery(recoveryCodes[1]!)))).toBe('OK');
  });

  it('is over with its time, with another password and with a suspension', async () => {
    const { id, email, codeAt } = await people.withFactor();
    const late = await people.begin(email);
    await query(`update login_tokens set expire_time = now() where user_id = $1`, id);
    expect(await verdictOf(complete(late, totp(codeAt(0))))).toBe(wrongToken);

    const old = await people.begin(email);
    const [{ password_hash: hash }] = (await query('select password_hash from credentials where user_id = $1', id)) as [{ password_hash: string }];
    await query(`update credentials set password_hash = 'another' where user_id = $1`, id);
    expect(await verdictOf(complete(old, totp(codeAt(0))))).toBe(wrongToken);
    await query('update credentials set password_hash = $2 where user_id = $1', id, hash);

    const suspended = await people.begin(email);
    const user = under.users.people.get(id)!;
    under.users.people.set(id, { ...user, status: UserStatus.USER_STATUS_SUSPENDED });
    expect(await verdictOf(complete(suspended, totp(codeAt(0))))).toBe('PERMISSION_DENIED ACCOUNT_SUSPENDED');
    under.users.people.set(id, user);
    expect(await verdictOf(complete(suspended, totp(codeAt(0))))).toBe('OK');
  });

  it('is no other token, nor is another one a login token', async () => {
    const { email, accessToken, refreshToken, codeAt } = await people.withFactor();
    const token = await people.begin(email);
    for (const other of [accessToken.slice(0, 256), refreshToken, `${token}x`, token.toUpperCase(), 'ghl_', 'nonsense'])
      expect(await verdictOf(complete(other, totp(codeAt(0))))).toBe(wrongToken);
    expect(await verdictOf(under.auth.refresh({ refreshToken: token }))).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
    expect(await verdictOf(under.factorsOf(token).listFactors({ userId: 'me' }))).toBe('UNAUTHENTICATED TOKEN_INVALID');
    expect(await verdictOf(complete(token, totp(codeAt(0))))).toBe('OK');
  });

  it('is swept away when its time is over', async () => {
    const { id, email } = await people.withFactor();
    await people.begin(email);
    await query(`update login_tokens set expire_time = now() - interval '1 second' where user_id = $1`, id);
    await under.app.sweeper.sweepSessions();
    expect(await query('select 1 from login_tokens where user_id = $1', id)).toEqual([]);
  });
});
