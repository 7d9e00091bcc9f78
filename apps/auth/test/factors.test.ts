import { TOTP } from 'otpauth';
import { decodeJwt } from 'jose';
import { type AuthUnderTest, startAuth, verdictOf } from './auth-under-test';
import { createPeopleWithFactors, password, recovery, totp } from './factors-under-test';

const wrongCode = 'UNAUTHENTICATED FACTOR_CODE_INVALID';
const stepUp = 'UNAUTHENTICATED STEP_UP_REQUIRED';
const clock = { now: Date.now() };
let under: AuthUnderTest;
let people: ReturnType<typeof createPeopleWithFactors>;
beforeAll(async () => {
  under = await startAuth({ overrides: { now: () => clock.now } });
  people = createPeopleWithFactors(under, clock);
});
beforeEach(() => void (clock.now = Date.now()));
afterAll(() => under.close());

describe('an authenticator app', () => {
  it('is given a secret as apps read it, and counts once it has shown a code', async () => {
    const { email, accessToken } = await people.signUp();
    const mine = under.factorsOf(accessToken);
    const { factor, secret, uri } = await mine.enrollTotp({ displayName: '  my   phone ' });
    expect(factor).toMatchObject({ displayName: 'my phone', confirmTime: undefined });
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(decodeURIComponent(uri)).toBe(`otpauth://totp/Gatehouse:${email}?issuer=Gatehouse&secret=${secret}&algorithm=SHA1&digits=6&period=30`);
    const { codeAt } = people.appOf(uri);
    expect((await under.auth.login({ email, password })).factorRequired).toBeUndefined();

    const factorId = factor!.id;
    expect(await verdictOf(mine.confirmTotp({ factorId, totpCode: codeAt(-2) }))).toBe(wrongCode);
    expect(await verdictOf(mine.confirmTotp({ factorId, totpCode: codeAt(2) }))).toBe(wrongCode);
    const confirmed = await mine.confirmTotp({ factorId, totpCode: codeAt(0) });
    expect(confirmed.factor!.confirmTime).toBeInstanceOf(Date);
    expect(new Set(confirmed.recoveryCodes).size).toBe(10);
    for (const code of confirmed.recoveryCodes) expect(code).toMatch(/^([0-9a-hjkmnp-tv-z]{4}-){5}[0-9a-hjkmnp-tv-z]{4}$/);
    expect(await mine.listFactors({ userId: 'me' })).toMatchObject({ factors: [{ id: factorId, displayName: 'my phone' }], recoveryCodesLeft: 10 });
    expect(await under.auth.login({ email, password })).toMatchObject({ factorRequired: true, factorTypes: [1, 2] });
  });

  it('whose secret no key opens keeps no other app from letting in, and wrong codes count', async () => {
    const { email, factorId, accessToken, codeAt } = await people.withFactor();
    const { accessToken: fresh } = await under.factorsOf(accessToken).stepUp({ proof: totp(codeAt(0)) });
    const other = await people.addFactor(fresh);
    await under.database.query({ name: 'spoil-secret', text: `update factors set sealed_secret = 'spoilt' where id = $1`, values: [factorId] });
    const complete = async (code: string) => verdictOf(under.factorsOf().completeLogin({ loginToken: await people.begin(email), code: totp(code) }));
    expect([await complete(codeAt(1)), await complete(other.codeAt(7)), await complete(other.codeAt(0))]).toEqual([wrongCode, wrongCode, 'OK']);
    await under.database.query({ name: 'spoil-secret', text: `update factors set sealed_secret = 'spoilt' where id = $1`, values: [other.factorId] });
    expect(await complete(other.codeAt(1))).toBe('UNAVAILABLE UNAVAILABLE');
  });

  it('that is pending gives way to another one, is nobody else’s, and is confirmed once', async () => {
    const { accessToken } = await people.signUp();
    const mine = under.factorsOf(accessToken);
    const first = await mine.enrollTotp({});
    const second = await mine.enrollTotp({});
    const firstTry = { factorId: first.factor!.id, totpCode: people.appOf(first.uri).codeAt(0) };
    const secondTry = { factorId: second.factor!.id, totpCode: people.appOf(second.uri).codeAt(0) };
    expect(await verdictOf(mine.confirmTotp(firstTry))).toBe('NOT_FOUND FACTOR_NOT_FOUND');
    const other = under.factorsOf((await people.signUp()).accessToken);
    expect(await verdictOf(other.confirmTotp(secondTry))).toBe('NOT_FOUND FACTOR_NOT_FOUND');
    const verdicts = await Promise.all([1, 2, 3].map(() => verdictOf(mine.confirmTotp(secondTry))));
    // who comes last may find that it counts, and so is needed
    expect(verdicts.filter((verdict) => verdict === 'OK')).toHaveLength(1);
    expect(await verdictOf(mine.confirmTotp(secondTry))).toBe(stepUp);
    expect((await mine.listFactors({ userId: 'me' })).factors).toHaveLength(1);
  });

  it('that nobody confirms within an hour is as if it had never been, and is swept away', async () => {
    const { id, accessToken } = await people.signUp();
    const mine = under.factorsOf(accessToken);
    const { factor, uri } = await mine.enrollTotp({});
    await under.database.query({ name: 'age', text: `update factors set create_time = create_time - interval '1 hour' where user_id = $1`, values: [id] });
    expect((await mine.listFactors({ userId: 'me' })).factors).toEqual([]);
    const late = { factorId: factor!.id, totpCode: people.appOf(uri).codeAt(0) };
    expect(await verdictOf(mine.confirmTotp(late))).toBe('NOT_FOUND FACTOR_NOT_FOUND');
    await under.app.sweeper.sweepSessions();
    expect(await under.database.query({ name: 'left', text: 'select 1 from factors where user_id = $1', values: [id] })).toEqual([]);
  });

  it('is one of five at most, each of which lets in', async () => {
    const { email, factorId, accessToken, codeAt } = await people.withFactor();
    expect(decodeJwt(accessToken).acr).toBe('aal1');
    const mine = under.factorsOf((await under.factorsOf(accessToken).stepUp({ proof: totp(codeAt(0)) })).accessToken);
    const added = await mine.enrollTotp({});
    const app = people.appOf(added.uri);
    expect((await mine.confirmTotp({ factorId: added.factor!.id, totpCode: app.codeAt(0) })).recoveryCodes).toEqual([]);
    expect(await verdictOf(under.factorsOf().completeLogin({ loginToken: await people.begin(email), code: totp(app.codeAt(1)) }))).toBe('OK');
    for (let count = 2; count < 5; count++) {
      const { factor, uri } = await mine.enrollTotp({});
      await mine.confirmTotp({ factorId: factor!.id, totpCode: people.appOf(uri).codeAt(0) });
    }
    expect(await verdictOf(mine.enrollTotp({}))).toBe('FAILED_PRECONDITION FACTOR_LIMIT_REACHED');
    expect((await mine.listFactors({ userId: 'me' })).factors[0]!.id).toBe(factorId);
  });
});

describe('whoever changes factors', () => {
  it('has to have proved lately who they are', async () => {
    const { accessToken } = await people.signUp();
    clock.now += 601_000;
    const call = under.factorsOf(accessToken).enrollTotp({});
    await expect(call).rejects.toMatchObject({ code: 'UNAUTHENTICATED', reason: 'STEP_UP_REQUIRED', metadata: { acr: 'aal1', max_age: '600' } });
    clock.now -= 601_000;
    expect(await verdictOf(under.factorsOf(accessToken).enrollTotp({}))).toBe('OK');
  });

  it('needs the factor that they have: a session from before it does not do until it steps up', async () => {
    const { accessToken, factorId, codeAt } = await people.withFactor();
    const before = under.factorsOf(accessToken);
    for (const call of [
      () => before.enrollTotp({}),
      () => before.deleteFactor({ userId: 'me', factorId }),
      () => before.regenerateRecoveryCodes({}),
      () => before.confirmTotp({ factorId, totpCode: codeAt(0) }),
    ])
      await expect(call()).rejects.toMatchObject({ reason: 'STEP_UP_REQUIRED', metadata: { acr: 'aal2', max_age: '600' } });
    const after = under.factorsOf((await before.stepUp({ proof: totp(codeAt(0)) })).accessToken);
    const { recoveryCodes } = await after.regenerateRecoveryCodes({});
    expect(recoveryCodes).toHaveLength(10);
    expect(await after.deleteFactor({ userId: 'me', factorId })).toEqual({});
    expect(await after.listFactors({ userId: 'me' })).toEqual({ factors: [], recoveryCodesLeft: 0 });
    expect(await verdictOf(after.deleteFactor({ userId: 'me', factorId }))).toBe('NOT_FOUND FACTOR_NOT_FOUND');
    expect(await verdictOf(after.regenerateRecoveryCodes({}))).toBe('FAILED_PRECONDITION FACTOR_MISSING');
  });

  it('may be an administrator, for who lost their phone', async () => {
    const { id, email, factorId } = await people.withFactor();
    const other = under.factorsOf((await people.signUp()).accessToken);
    expect(await verdictOf(other.listFactors({ userId: id }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf(other.deleteFactor({ userId: id, factorId }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    const permissions = ['factors.read', 'factors.delete'];
    const old = await under.issuer.accessToken({ id: crypto.randomUUID(), permissions, proof: { authTime: new Date(0), methods: ['pwd'] } });
    expect(await verdictOf(under.factorsOf(old).deleteFactor({ userId: id, factorId }))).toBe(stepUp);
    const administrator = under.factorsOf(await under.issuer.accessToken({ id: crypto.randomUUID(), permissions }));
    expect((await administrator.listFactors({ userId: id })).factors).toMatchObject([{ id: factorId }]);
    await administrator.deleteFactor({ userId: id, factorId });
    expect((await under.auth.login({ email, password })).accessToken).toBeDefined();
  });
});

describe('what is kept', () => {
  it('holds no secret, code or token that could be used', async () => {
    const { email, secret, recoveryCodes } = await people.withFactor();
    const loginToken = await people.begin(email);
    const dump = await under.dump();
    const bytes = Buffer.from(secretBytes(secret)).toString('hex');
    for (const text of [secret, bytes, loginToken, 'ghl_', ...recoveryCodes, ...recoveryCodes.map((code) => code.replaceAll('-', ''))])
      expect(dump).not.toContain(text);
  });

  it('goes with the person', async () => {
    const { id, email, recoveryCodes } = await people.withFactor();
    const loginToken = await people.begin(email);
    under.users.change(id, 'USER_CHANGE_KIND_PURGED');
    for (let left = 1; left; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const counts = await under.database.query<{ count: number }>({
        name: 'count-left',
        text: `select (select count(*) from factors where user_id = $1)::int + (select count(*) from recovery_codes where user_id = $1)::int
               + (select count(*) from login_tokens where user_id = $1)::int as count`,
        values: [id],
      });
      left = counts[0]!.count;
    }
    expect(await verdictOf(under.factorsOf().completeLogin({ loginToken, code: recovery(recoveryCodes[0]!) }))).toBe('UNAUTHENTICATED LOGIN_TOKEN_INVALID');
  });
});

const secretBytes = (base32: string): Uint8Array => new TOTP({ secret: base32 }).secret.bytes;
