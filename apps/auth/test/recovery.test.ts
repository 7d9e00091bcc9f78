import { UserStatus } from '@gatehouse/contracts/user';
import { verdictOf } from './auth-under-test';
import { type AuthWithMails, startAuthWithMails } from './mails-under-test';

const password = 'correct horse battery';
const newPassword = 'staple battery horse';
const invalid = 'INVALID_ARGUMENT CODE_INVALID';
let under: AuthWithMails;
let stoppedAt: number | undefined;
beforeAll(async () => {
  under = await startAuthWithMails({ settings: { AUTH_ACCOUNT_FREE_FAILURES: '5' }, overrides: { attemptsNow: () => stoppedAt ?? Date.now() } });
});
afterAll(() => under.close());

const join = (email: string) => under.join(email, password);
const askFor = async (email: string) => {
  const { resetId } = await under.recovery.requestPasswordReset({ email });
  return { resetId, ...(await under.mailTo(email)) };
};

describe('recovering a password', () => {
  it('is answered the same for everybody, and mails those who may enter', async () => {
    await join('known@example.com');
    under.users.add('suspended@example.com', { status: UserStatus.USER_STATUS_SUSPENDED });
    for (const email of ['KNOWN@example.com', 'nobody@example.com', 'suspended@example.com'])
      expect(await under.recovery.requestPasswordReset({ email })).toEqual({ resetId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(await under.mailTo('known@example.com')).toMatchObject({
      kind: 'reset_password',
      to: 'known@example.com',
      validForSeconds: 1_800,
      data: { link: expect.stringContaining('https://app.test/id/reset-password#token=') },
    });
    expect(await under.mailsTo('nobody@example.com')).toEqual([]);
    expect(await under.mailsTo('suspended@example.com')).toEqual([]);
  });

  it('is mailed though the code of somebody else beside it is opened by no secret', async () => {
    await join('beside@example.com');
    await under.database.query({
      name: 'insert-spoilt-code',
      text: `insert into one_time_codes (id, purpose, email_hash, sealed, mail_time, expire_time)
             values (gen_random_uuid(), 'reset_password', 'nobody', 'spoilt', now() - interval '1 s', now() + interval '1 min')`,
    });
    expect(await askFor('beside@example.com')).toMatchObject({ kind: 'reset_password' });
  });

  it('sets the password, ends every session, and tells the owner', async () => {
    const { refreshToken } = await join('lost@example.com');
    const { token } = await askFor('lost@example.com');
    expect(await under.recovery.resetPassword({ token, newPassword })).toEqual({ deviceToken: expect.stringMatching(/^ghd_/) });
    expect(await verdictOf(under.auth.refresh({ refreshToken }))).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
    expect(await verdictOf(under.auth.login({ email: 'lost@example.com', password }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await verdictOf(under.auth.login({ email: 'lost@example.com', password: newPassword }))).toBe('OK');
    expect(await under.mailTo('lost@example.com')).toMatchObject({ kind: 'password_changed', data: { link: 'https://app.test/id/recover' } });
  });

  it('takes the digits with the id of the request, and five wrong ones at most', async () => {
    await join('digits@example.com');
    const { resetId, code } = await askFor('digits@example.com');
    expect(await verdictOf(under.recovery.resetPassword({ resetId, code, newPassword }))).toBe('OK');
    await under.mailTo('digits@example.com');
    const fresh = await askFor('digits@example.com');
    const wrong = fresh.code === '00000000' ? '00000001' : '00000000';
    for (let attempt = 0; attempt < 5; attempt++) await verdictOf(under.recovery.resetPassword({ resetId: fresh.resetId, code: wrong, newPassword }));
    expect(await verdictOf(under.recovery.resetPassword({ resetId: fresh.resetId, code: fresh.code, newPassword }))).toBe(invalid);
  });

  it('lets its person in on the device where they did it, while others go on guessing', async () => {
    await join('besieged@example.com');
    const { token } = await askFor('besieged@example.com');
    const { deviceToken } = await under.recovery.resetPassword({ token, newPassword });
    const login = (request: object) => verdictOf(under.auth.login({ email: 'besieged@example.com', password: newPassword, ...request }));
    stoppedAt = Date.now();
    for (let guess = 0; guess < 5; guess++) expect(await login({ password: 'wrong' })).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await login({})).toBe('RESOURCE_EXHAUSTED TOO_MANY_ATTEMPTS');
    expect(await login({ deviceToken })).toBe('OK');
    stoppedAt = undefined;
  });

  it('tries twenty passwords with one mail, so that nobody who has it guesses the present one; those that are refused are no wrong digits', async () => {
    await join('guessed@example.com');
    const { resetId, code, token } = await askFor('guessed@example.com');
    const set = (newPassword: string, proof: object = { token }) => verdictOf(under.recovery.resetPassword({ ...proof, newPassword }));
    expect(await set(password)).toBe('INVALID_ARGUMENT PASSWORD_REUSED');
    for (let index = 1; index < 20; index++)
      expect(await set('password1', index % 2 ? { token } : { resetId, code })).toBe('INVALID_ARGUMENT PASSWORD_BREACHED');
    expect([await set(newPassword), await set(newPassword, { resetId, code })]).toEqual([invalid, invalid]);
    const next = await askFor('guessed@example.com');
    expect(await set(newPassword, { token: next.token })).toBe('OK');
  });

  it('takes the digits for nobody as it takes wrong ones', async () => {
    const { resetId } = await under.recovery.requestPasswordReset({ email: 'absent@example.com' });
    await under.mailsTo('absent@example.com');
    expect(await verdictOf(under.recovery.resetPassword({ resetId, code: '12345678', newPassword }))).toBe(invalid);
    const [row] = await under.database.query<{ tries: number }>({
      name: 'find-tries',
      text: 'select tries from one_time_codes where id = $1',
      values: [resetId],
    });
    expect(row).toEqual({ tries: 1 });
  });

  it('writes as much for wrong digits of somebody as for those of nobody, also once a newer mail or a reset has ended them', async () => {
    await join('somebody@example.com');
    const statesOf = async (email: string) => {
      const ids: string[] = [];
      for (let turn = 0; turn < 2; turn++) {
        ids.push((await under.recovery.requestPasswordReset({ email })).resetId);
        await under.mailsTo(email);
      }
      for (const resetId of ids) await verdictOf(under.recovery.resetPassword({ resetId, code: 'wrong', newPassword }));
      return under.database.query({
        name: 'find-states',
        text: 'select tries, end_time is not null as "hasEnded" from one_time_codes where id = any ($1::uuid[]) order by array_position($1::uuid[], id)',
        values: [ids],
      });
    };
    const ofNobody = await statesOf('no-somebody@example.com');
    expect(ofNobody).toEqual([
      { tries: 1, hasEnded: true },
      { tries: 1, hasEnded: false },
    ]);
    expect(await statesOf('somebody@example.com')).toEqual(ofNobody);

    const { resetId, token } = await askFor('somebody@example.com');
    await under.recovery.resetPassword({ token, newPassword });
    await verdictOf(under.recovery.resetPassword({ resetId, code: 'wrong', newPassword }));
    expect(await under.database.query({ name: 'find-tries', text: 'select tries from one_time_codes where id = $1', values: [resetId] })).toEqual([
      { tries: 1 },
    ]);
  });

  it('is done once with one mail, of several at the same time', async () => {
    await join('once@example.com');
    const { token } = await askFor('once@example.com');
    const passwords = Array.from({ length: 6 }, (_, index) => `password number ${index}`);
    const verdicts = await Promise.all(passwords.map((each) => verdictOf(under.recovery.resetPassword({ token, newPassword: each }))));
    expect(verdicts.filter((verdict) => verdict !== invalid)).toEqual(['OK']);
    expect(await verdictOf(under.auth.login({ email: 'once@example.com', password: passwords[verdicts.indexOf('OK')]! }))).toBe('OK');
  });

  it('takes the last mail alone', async () => {
    await join('last@example.com');
    const first = await askFor('last@example.com');
    const second = await askFor('last@example.com');
    expect(await verdictOf(under.recovery.resetPassword({ token: first.token, newPassword }))).toBe(invalid);
    expect(await verdictOf(under.recovery.resetPassword({ token: second.token, newPassword }))).toBe('OK');
  });

  it('takes no mail to an email that the person has no more', async () => {
    const { user } = await join('before@example.com');
    const { token } = await askFor('before@example.com');
    under.users.people.set(user!.id, { ...under.users.people.get(user!.id)!, email: 'after@example.com' });
    expect(await verdictOf(under.recovery.resetPassword({ token, newPassword }))).toBe(invalid);
  });

  it('tells who was suspended meanwhile, and changes nothing', async () => {
    const { user } = await join('meanwhile@example.com');
    const { token } = await askFor('meanwhile@example.com');
    const before = under.users.people.get(user!.id)!;
    under.users.people.set(user!.id, { ...before, status: UserStatus.USER_STATUS_SUSPENDED });
    expect(await verdictOf(under.recovery.resetPassword({ token, newPassword }))).toBe('PERMISSION_DENIED ACCOUNT_SUSPENDED');
    under.users.people.set(user!.id, before);
    expect(await verdictOf(under.auth.login({ email: 'meanwhile@example.com', password }))).toBe('OK');
  });

  it('gives who has none a first password, and verifies their email', async () => {
    under.users.add('made@example.com');
    const { token } = await askFor('made@example.com');
    await under.recovery.resetPassword({ token, newPassword });
    expect(under.users.findByEmail('made@example.com')?.emailVerified).toBe(true);
    expect(await verdictOf(under.auth.login({ email: 'made@example.com', password: newPassword }))).toBe('OK');
  });

  it('takes nothing that was mailed for another purpose', async () => {
    const { accessToken = '' } = await join('purposes@example.com');
    const reset = await askFor('purposes@example.com');
    await under.auth.signUp({ email: 'purposes-2@example.com', password });
    const signUp = await under.mailTo('purposes-2@example.com');
    await under.asPerson(accessToken).email.changeEmail({ newEmail: 'purposes-3@example.com', password });
    const change = await under.mailTo('purposes-3@example.com');
    const attempts = {
      reset: (token: string) => under.recovery.resetPassword({ token, newPassword }),
      verify: (token: string) => under.email.verifyEmail({ token, password }),
      change: (token: string) => under.email.confirmEmailChange({ token }),
      accept: (token: string) => under.invitations.acceptInvitation({ token, password }),
    };
    for (const [name, { token }] of Object.entries({ reset, verify: signUp, change }))
      for (const [other, attempt] of Object.entries(attempts))
        if (other !== name) expect([name, other, await verdictOf(attempt(token))]).toEqual([name, other, invalid]);
    for (const [name, { token }] of Object.entries({ verify: signUp, reset })) expect(await verdictOf(attempts[name as 'reset'](token))).toBe('OK');
    // ended by the reset
    expect(await verdictOf(attempts.change(change.token))).toBe(invalid);
  });
});
