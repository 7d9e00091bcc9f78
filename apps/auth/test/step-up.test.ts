import { UserStatus } from '@gatehouse/contracts/user';
import { decodeJwt } from 'jose';
import { type AuthUnderTest, startAuth, verdictOf } from './auth-under-test';
import { createPeopleWithFactors, knows, password, recovery, totp } from './factors-under-test';

const wrongCode = 'UNAUTHENTICATED FACTOR_CODE_INVALID';
const clock = { now: Date.now() };
let under: AuthUnderTest;
let people: ReturnType<typeof createPeopleWithFactors>;
beforeAll(async () => {
  under = await startAuth({ overrides: { now: () => clock.now }, settings: { AUTH_ACCESS_TOKEN_JITTER_SECONDS: '0' } });
  people = createPeopleWithFactors(under, clock);
});
beforeEach(() => void (clock.now = Date.now()));
afterAll(() => under.close());

/** Has the session's proof be as old as that. */
const age = (accessToken: string, seconds: number) =>
  under.database.query({
    name: 'age-proof',
    text: `update sessions set auth_time = now() - $2 * interval '1 second' where id = $1`,
    values: [decodeJwt(accessToken).sid, seconds],
  });
const refresh = async (refreshToken: string) => (await under.auth.refresh({ refreshToken })).accessToken!;

describe('stepping up', () => {
  it('makes a proof fresh by the password, in the same session, where there is no second factor', async () => {
    const { accessToken, refreshToken } = await people.signUp();
    await age(accessToken, 3_600);
    const old = await under.auth.refresh({ refreshToken });
    expect(await verdictOf(under.factorsOf(old.accessToken!).enrollTotp({}))).toBe('UNAUTHENTICATED STEP_UP_REQUIRED');

    const answer = await under.factorsOf(old.accessToken!).stepUp({ proof: knows(password) });
    const claims = decodeJwt(answer.accessToken);
    expect(answer).toMatchObject({ tokenType: 'Bearer', expiresIn: claims.exp! - claims.iat! });
    expect(claims).toMatchObject({ sid: decodeJwt(accessToken).sid, acr: 'aal1', amr: ['pwd'] });
    expect((claims.auth_time as number) - (decodeJwt(old.accessToken!).auth_time as number)).toBeGreaterThanOrEqual(3_599);
    expect(await verdictOf(under.factorsOf(answer.accessToken).enrollTotp({}))).toBe('OK');
    // and so it stays
    expect(decodeJwt(await refresh(old.refreshToken!)).auth_time).toBe(claims.auth_time);
  });

  it('by a code makes a session that began with a password alone one of both', async () => {
    const { accessToken, refreshToken, codeAt } = await people.withFactor();
    expect(decodeJwt(await refresh(refreshToken))).toMatchObject({ acr: 'aal1', amr: ['pwd'] });
    const answer = await under.factorsOf(accessToken).stepUp({ proof: totp(codeAt(0)) });
    expect(decodeJwt(answer.accessToken)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp'] });
    const again = await under.factorsOf(accessToken).stepUp({ proof: totp(codeAt(1)) });
    expect(decodeJwt(again.accessToken)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp'] });
  });

  it('takes the code of who has a second factor, and each once', async () => {
    const { accessToken, codeAt, recoveryCodes } = await people.withFactor();
    const mine = under.factorsOf(accessToken);
    expect(await verdictOf(mine.stepUp({ proof: knows(password) }))).toBe('FAILED_PRECONDITION FACTOR_CODE_MISSING');
    expect(await verdictOf(mine.stepUp({ proof: knows('wrong') }))).toBe('FAILED_PRECONDITION FACTOR_CODE_MISSING');
    expect(await verdictOf(mine.stepUp({ proof: totp(codeAt(5)) }))).toBe(wrongCode);
    expect(await verdictOf(mine.stepUp({ proof: totp(codeAt(0)) }))).toBe('OK');
    expect(await verdictOf(mine.stepUp({ proof: totp(codeAt(0)) }))).toBe(wrongCode);
    expect(await verdictOf(mine.stepUp({ proof: recovery(recoveryCodes[0]!) }))).toBe('OK');
    expect(await verdictOf(mine.stepUp({ proof: recovery(recoveryCodes[0]!) }))).toBe(wrongCode);
  });

  it('takes no wrong password, and no code of who has no second factor', async () => {
    const { accessToken } = await people.signUp();
    const mine = under.factorsOf(accessToken);
    expect(await verdictOf(mine.stepUp({ proof: knows('wrong') }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await verdictOf(mine.stepUp({}))).toBe('INVALID_ARGUMENT VALIDATION_FAILED');
    expect(await verdictOf(mine.stepUp({ proof: totp('123456') }))).toBe(wrongCode);
    expect(await verdictOf(under.factorsOf().stepUp({ proof: knows(password) }))).toBe('UNAUTHENTICATED TOKEN_MISSING');
  });

  it('by a password forgets a factor that is gone', async () => {
    const { email, accessToken, factorId, codeAt } = await people.withFactor();
    const { accessToken: both } = await under.factorsOf().completeLogin({ loginToken: await people.begin(email), code: totp(codeAt(0)) });
    await under.factorsOf(both!).deleteFactor({ userId: 'me', factorId });
    expect(decodeJwt((await under.factorsOf(both!).stepUp({ proof: knows(password) })).accessToken)).toMatchObject({ acr: 'aal1', amr: ['pwd'] });
    expect(await verdictOf(under.factorsOf(accessToken).enrollTotp({}))).toBe('OK');
  });

  it('is nothing for a session that is over, nor for who is suspended or gone', async () => {
    const { id, accessToken, refreshToken } = await people.signUp();
    const user = under.users.people.get(id)!;
    under.users.people.set(id, { ...user, status: UserStatus.USER_STATUS_SUSPENDED });
    expect(await verdictOf(under.factorsOf(accessToken).stepUp({ proof: knows(password) }))).toBe('PERMISSION_DENIED ACCOUNT_SUSPENDED');
    under.users.people.delete(id);
    expect(await verdictOf(under.factorsOf(accessToken).stepUp({ proof: knows(password) }))).toBe('UNAUTHENTICATED TOKEN_EXPIRED');
    under.users.people.set(id, user);
    await under.auth.logout({ refreshToken });
    expect(await verdictOf(under.factorsOf(accessToken).stepUp({ proof: knows(password) }))).toBe('UNAUTHENTICATED TOKEN_EXPIRED');
  });
});
