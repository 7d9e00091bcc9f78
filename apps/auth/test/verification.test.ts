import { toClientMetadata } from '@gatehouse/access';
import { randomUUID } from 'node:crypto';
import { until, verdictOf } from './auth-under-test';
import { type AuthWithMails, startAuthWithMails } from './mails-under-test';
import { unavailable } from '@gatehouse/contracts/api';

const password = 'correct horse battery';
const invalid = 'INVALID_ARGUMENT CODE_INVALID';
let under: AuthWithMails;
beforeAll(async () => {
  under = await startAuthWithMails();
});
afterAll(() => under.close());
afterEach(() => Object.assign(under.users.gates, { afterCreate: undefined, beforeResolve: undefined, beforeUpdate: undefined }));

const signUp = async (email: string, given = password) => {
  const { verificationId = '' } = await under.auth.signUp({ email, password: given, displayName: 'Ada' });
  return verificationId;
};

describe('signing up where emails are verified first', () => {
  it('answers the same for an email that is free and one that is taken, and makes nobody', async () => {
    under.users.add('taken@example.com', { emailVerified: true });
    const [free, taken] = [await under.auth.signUp({ email: 'free@example.com', password }), await under.auth.signUp({ email: 'TAKEN@example.com', password })];
    for (const answer of [free, taken])
      expect(answer).toEqual({ verificationRequired: true, verificationId: expect.stringMatching(/^[0-9a-f-]{36}$/), factorTypes: [] });
    expect(await under.mailTo('free@example.com')).toMatchObject({
      kind: 'verify_email',
      data: { link: expect.stringContaining('https://app.test/id/verify-email#token=ghc_') },
    });
    expect(await under.mailTo('taken@example.com')).toMatchObject({ kind: 'sign_up_attempt', data: { link: 'https://app.test/id/recover' } });
    expect(under.users.findByEmail('free@example.com')).toBeUndefined();
  });

  it('makes the person by the link with the password, and opens a session', async () => {
    await signUp('Link@Example.com');
    const { token } = await under.mailTo('link@example.com');
    const answer = await under.email.verifyEmail({ token: ` ${token}\n`, password });
    expect(answer).toMatchObject({ user: { email: 'Link@example.com', emailVerified: true, displayName: 'Ada' }, tokenType: 'Bearer' });
    expect(answer.refreshToken).toMatch(/^ghr_/);
    expect(await verdictOf(under.auth.login({ email: 'link@example.com', password }))).toBe('OK');
  });

  it('makes the person by the digits where the sign-up was made, however they are spaced', async () => {
    const verificationId = await signUp('digits@example.com');
    const { code } = await under.mailTo('digits@example.com');
    expect(code).toMatch(/^\d{8}$/);
    const answer = await under.email.verifyEmail({ verificationId, code: ` ${code.slice(0, 4)}-${code.slice(4)} ` });
    expect(answer.user?.id).toBe(under.users.findByEmail('digits@example.com')?.id);
  });

  it('lets nobody who opens a link into an account that another one began', async () => {
    await signUp('victim@example.com', 'the password of an attacker');
    const { token } = await under.mailTo('victim@example.com');
    expect(await verdictOf(under.email.verifyEmail({ token }))).toBe('FAILED_PRECONDITION PASSWORD_REQUIRED');
    expect(await verdictOf(under.email.verifyEmail({ token, password }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(under.users.findByEmail('victim@example.com')).toBeUndefined();
  });

  it('lets a password be tried no more than five times by a link, however many come at once', async () => {
    await signUp('guessed@example.com');
    const { token } = await under.mailTo('guessed@example.com');
    const guesses = await Promise.all(Array.from({ length: 10 }, () => verdictOf(under.email.verifyEmail({ token, password: 'a wrong one' }))));
    expect(guesses.filter((verdict) => verdict === 'UNAUTHENTICATED INVALID_CREDENTIALS')).toHaveLength(5);
    expect(await verdictOf(under.email.verifyEmail({ token, password }))).toBe(invalid);
  });

  it('keeps each sign-up with one email apart: the one that is proved counts, with its own password', async () => {
    const first = await signUp('two@example.com', 'the first password');
    await signUp('two@example.com', 'the second password');
    const [one, other] = await under.mailsTo('two@example.com');
    expect(await verdictOf(under.email.verifyEmail({ verificationId: first, code: other!.code }))).toBe(invalid);
    expect(await verdictOf(under.email.verifyEmail({ verificationId: first, code: one!.code }))).toBe('OK');
    expect(await verdictOf(under.email.verifyEmail({ token: other!.token, password: 'the second password' }))).toBe(invalid);
    expect(await verdictOf(under.auth.login({ email: 'two@example.com', password: 'the first password' }))).toBe('OK');
  });

  it('takes a code once, of several at the same time', async () => {
    await signUp('once@example.com');
    const { token } = await under.mailTo('once@example.com');
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => verdictOf(under.email.verifyEmail({ token, password }))));
    expect(verdicts.filter((verdict) => verdict === 'OK')).toHaveLength(1);
    expect(verdicts.every((verdict) => ['OK', invalid, 'ALREADY_EXISTS EMAIL_TAKEN'].includes(verdict))).toBe(true);
    expect(await verdictOf(under.email.verifyEmail({ token, password }))).toBe(invalid);
  });

  it('lets one of several sign-ups win that are proved at the same time, and its password is the one that works', async () => {
    const passwords = ['the first correct horse', 'the second correct horse'];
    const proofs: { verificationId: string; code: string }[] = [];
    for (const each of passwords) {
      const verificationId = await signUp('both@example.com', each);
      proofs.push({ verificationId, code: (await under.mailTo('both@example.com')).code });
    }
    // each has read the person, whom nobody has verified yet; the first, which the second has taken over, verifies them
    const updates: (() => void)[] = [];
    under.users.gates.beforeUpdate = () => new Promise((resolve) => updates.push(resolve));
    const first = verdictOf(under.email.verifyEmail(proofs[0]!));
    await until(() => updates.length === 1);
    const second = verdictOf(under.email.verifyEmail(proofs[1]!));
    await until(() => updates.length === 2);
    under.users.gates.beforeUpdate = undefined;
    updates[0]!();
    expect(await first).toBe(invalid);
    updates[1]!();
    expect(await second).toBe('OK');
    const logins = passwords.map((each) => verdictOf(under.auth.login({ email: 'both@example.com', password: each })));
    expect(await Promise.all(logins)).toEqual(['UNAUTHENTICATED INVALID_CREDENTIALS', 'OK']);
  });

  it('looks at five digits at most, however many come at once', async () => {
    const verificationId = await signUp('tries@example.com');
    const { code } = await under.mailTo('tries@example.com');
    const wrong = code === '00000000' ? '00000001' : '00000000';
    await Promise.all(Array.from({ length: 5 }, () => verdictOf(under.email.verifyEmail({ verificationId, code: wrong }))));
    expect(await verdictOf(under.email.verifyEmail({ verificationId, code }))).toBe(invalid);
  });

  it('takes up again what user could not answer half way', async () => {
    await signUp('halfway@example.com');
    const { token } = await under.mailTo('halfway@example.com');
    under.users.gates.afterCreate = () => Promise.reject(unavailable());
    expect(await verdictOf(under.email.verifyEmail({ token, password }))).toBe('UNAVAILABLE UNAVAILABLE');
    under.users.gates.afterCreate = undefined;
    expect(await verdictOf(under.email.verifyEmail({ token, password }))).toBe('OK');
  });

  it('mails later what it could not find out while user is away, and answers all the same', async () => {
    under.users.gates.beforeResolve = () => Promise.reject(unavailable());
    const verificationId = await signUp('later@example.com');
    expect(verificationId).not.toBe('');
    expect(await under.mailsTo('later@example.com')).toEqual([]);
    under.users.gates.beforeResolve = undefined;
    await under.database.query({ name: 'end-lease', text: 'update one_time_codes set mail_time = now() where mail_time is not null' });
    expect(await under.mailTo('later@example.com')).toMatchObject({ kind: 'verify_email' });
  });

  it('answers a repeated request_id with the same id, and mails once', async () => {
    const request = { email: 'again@example.com', password, requestId: randomUUID() };
    const answers = [await under.auth.signUp(request), await under.auth.signUp(request)];
    expect(answers[1]).toEqual(answers[0]);
    expect(await under.mailsTo('again@example.com')).toHaveLength(1);
    expect(await verdictOf(under.auth.signUp({ ...request, displayName: 'Other' }))).toBe('INVALID_ARGUMENT REQUEST_ID_REUSED');
  });

  it('of which no mail may go out is answered the same, and is mailed when it is sent again later or from elsewhere', async () => {
    const request = { email: 'flooded@example.com', password, requestId: randomUUID() };
    const from = (address: string) => ({ metadata: toClientMetadata({ address, userAgent: '' }) });
    for (let index = 0; index < 5; index++) await under.auth.signUp({ email: 'flooded@example.com', password }, from('198.51.100.7'));
    expect(await under.mailsTo('flooded@example.com')).toHaveLength(5);
    const refused = await under.auth.signUp(request, from('198.51.100.7'));
    expect(await under.mailsTo('flooded@example.com')).toEqual([]);
    expect(await under.auth.signUp(request, from('203.0.113.7'))).toEqual(refused);
    expect(await under.mailTo('flooded@example.com')).toMatchObject({ kind: 'verify_email' });
  });

  it('keeps neither link, digits, email nor password readable in the database', async () => {
    const verificationId = await signUp('hidden-address@example.com', 'hidden password');
    const { token, code } = await under.mailTo('hidden-address@example.com');
    const dump = await under.dump();
    for (const secret of [token, code, 'hidden-address', 'hidden password']) expect(dump).not.toContain(secret);
    expect(dump).toContain(verificationId);
  });

  it('refuses what is no email, with a line break in it say, before anything is mailed', async () => {
    for (const email of ['a@example.com\r\nBcc: b@example.com', 'a\nb@example.com', 'a@example.com\0'])
      expect(await verdictOf(under.auth.signUp({ email, password }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED');
  });
});

describe('an email that is not verified', () => {
  it('is told to who knows the password alone, and gets a mail that verifies it', async () => {
    const open = await startAuthWithMails({ beside: under, settings: { AUTH_SIGNUP_VERIFICATION: 'optional' } });
    const { user, verificationRequired, accessToken } = await open.auth.signUp({ email: 'optional@example.com', password });
    expect(user?.emailVerified).toBe(false);
    expect([verificationRequired, Boolean(accessToken)]).toEqual([false, true]);
    const first = await open.mailTo('optional@example.com');
    await open.close();

    expect(await verdictOf(under.auth.login({ email: 'optional@example.com', password: 'a wrong one' }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await verdictOf(under.auth.login({ email: 'optional@example.com', password }))).toBe('PERMISSION_DENIED EMAIL_NOT_VERIFIED');
    const mails = await under.mailsTo('optional@example.com');
    const { token } = mails.at(-1)!;
    expect(await verdictOf(under.email.verifyEmail({ token: first.token }))).toBe(invalid);
    // somebody else may have signed up with the email of who opens the link
    expect(await verdictOf(under.email.verifyEmail({ token }))).toBe('FAILED_PRECONDITION PASSWORD_REQUIRED');
    expect(await under.email.verifyEmail({ token, password })).toEqual({});
    expect(under.users.findByEmail('optional@example.com')?.emailVerified).toBe(true);
    expect(await verdictOf(under.auth.login({ email: 'optional@example.com', password }))).toBe('OK');
  });

  it('is verified by the digits of the mail that a login brought about, with the id in its error', async () => {
    const open = await startAuthWithMails({ beside: under, settings: { AUTH_SIGNUP_VERIFICATION: 'off' } });
    await open.auth.signUp({ email: 'typed@example.com', password });
    await open.close();
    const error = await under.auth.login({ email: 'typed@example.com', password }).catch((thrown) => thrown);
    expect(error).toMatchObject({ reason: 'EMAIL_NOT_VERIFIED', metadata: { verification_id: expect.any(String) } });
    const { code } = await under.mailTo('typed@example.com');
    // no session: the login is tried again
    expect(await under.email.verifyEmail({ verificationId: error.metadata.verification_id, code })).toEqual({});
    expect(await verdictOf(under.auth.login({ email: 'typed@example.com', password }))).toBe('OK');
  });

  it('is not verified by a mail to another one that the person had', async () => {
    const user = under.users.add('former@example.com');
    await under.email.resendVerification({ email: 'former@example.com' });
    const { token } = await under.mailTo('former@example.com');
    under.users.people.set(user.id, { ...user, email: 'present@example.com' });
    expect(await verdictOf(under.email.verifyEmail({ token }))).toBe(invalid);
    expect(under.users.people.get(user.id)?.emailVerified).toBe(false);
  });

  it('is verified, though the person is changed at the same moment', async () => {
    const user = under.users.add('changing@example.com');
    await under.email.resendVerification({ email: 'changing@example.com' });
    const { token } = await under.mailTo('changing@example.com');
    under.users.gates.beforeUpdate = async () => {
      under.users.gates.beforeUpdate = undefined;
      under.users.people.set(user.id, { ...user, etag: '"other"' });
    };
    expect(await under.email.verifyEmail({ token })).toEqual({});
  });
});

describe('asking for another mail', () => {
  it('is answered the same whoever it is, and mails where one is waited for', async () => {
    under.users.add('known@example.com', { emailVerified: true });
    const signUpId = await signUp('waiting@example.com');
    const first = await under.mailTo('waiting@example.com');
    for (const email of ['known@example.com', 'nobody@example.com', 'waiting@example.com'])
      expect(await under.email.resendVerification({ email })).toEqual({ verificationId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const { verificationId } = await under.email.resendVerification({ email: 'waiting@example.com', verificationId: signUpId });
    const again = await under.mailTo('waiting@example.com');
    expect(await under.mailsTo('known@example.com')).toEqual([]);
    expect(await under.mailsTo('nobody@example.com')).toEqual([]);
    expect(await verdictOf(under.email.verifyEmail({ token: first.token, password }))).toBe(invalid);
    expect((await under.email.verifyEmail({ verificationId, code: again.code })).user?.emailVerified).toBe(true);
  });

  it('mails a sign-up again as often as its id is sent, that of the sign-up or of any mail since, and the last mail alone counts', async () => {
    const signUpId = await signUp('patient@example.com');
    await under.mailTo('patient@example.com');
    const { verificationId: second } = await under.email.resendVerification({ email: 'patient@example.com', verificationId: signUpId });
    const mailed = await under.mailTo('patient@example.com');
    await under.email.resendVerification({ email: 'patient@example.com', verificationId: signUpId });
    await under.mailTo('patient@example.com');
    const { verificationId } = await under.email.resendVerification({ email: 'Patient@example.com', verificationId: second });
    const { code } = await under.mailTo('patient@example.com');
    expect(await verdictOf(under.email.verifyEmail({ verificationId: second, code: mailed.code }))).toBe(invalid);
    expect((await under.email.verifyEmail({ verificationId, code })).user?.email).toBe('patient@example.com');
    expect(await verdictOf(under.auth.login({ email: 'patient@example.com', password }))).toBe('OK');
  });

  it('mails a sign-up to nobody who does not name it', async () => {
    await signUp('unnamed@example.com');
    await under.mailTo('unnamed@example.com');
    await under.email.resendVerification({ email: 'unnamed@example.com' });
    expect(await under.mailsTo('unnamed@example.com')).toEqual([]);
  });

  it('ends the sign-up that it names, and writes as much for wrong digits, whether its email is free, taken or not verified', async () => {
    under.users.add('verified-owner@example.com', { emailVerified: true });
    under.users.add('unverified-owner@example.com');
    const statesOf = async (email: string) => {
      const named = await signUp(email);
      await under.mailsTo(email);
      const ids = [named];
      for (const verificationId of [named, named, '']) {
        ids.push((await under.email.resendVerification({ email, verificationId })).verificationId);
        await under.mailsTo(email);
      }
      for (const verificationId of ids) expect(await verdictOf(under.email.verifyEmail({ verificationId, code: 'wrong' }))).toBe(invalid);
      return under.database.query<{ tries: number; hasEnded: boolean }>({
        name: 'find-states',
        text: 'select tries, end_time is not null as "hasEnded" from one_time_codes where id = any ($1::uuid[]) order by array_position($1::uuid[], id)',
        values: [ids],
      });
    };
    const free = await statesOf('owned-by-nobody@example.com');
    expect(free.map(({ tries }) => tries)).toEqual([1, 1, 1, 1]);
    expect(free.map(({ hasEnded }) => hasEnded)).toEqual([true, true, false, false]);
    expect(await statesOf('verified-owner@example.com')).toEqual(free);
    const unverified = await statesOf('unverified-owner@example.com');
    expect(unverified.map(({ tries }) => tries)).toEqual([1, 1, 1, 1]);
    expect(unverified[0]).toEqual(free[0]);
  });

  it('makes nobody of a sign-up with an email that was taken when it was made, once that is free', async () => {
    const owner = under.users.add('given-up@example.com', { emailVerified: true });
    const verificationId = await signUp('given-up@example.com');
    await under.mailTo('given-up@example.com');
    under.users.people.set(owner.id, { ...under.users.people.get(owner.id)!, email: 'moved-on@example.com' });
    await under.email.resendVerification({ email: 'given-up@example.com', verificationId });
    expect(await under.mailsTo('given-up@example.com')).toEqual([]);
  });

  it('mails no sign-up to another email than its own', async () => {
    const verificationId = await signUp('mine@example.com');
    await under.mailTo('mine@example.com');
    await under.email.resendVerification({ email: 'stranger@example.com', verificationId });
    expect(await under.mailsTo('stranger@example.com')).toEqual([]);
    expect(await under.mailsTo('mine@example.com')).toEqual([]);
  });
});

describe('a proof', () => {
  it('has to be a token or digits with their id, not both and not a part', async () => {
    for (const proof of [{}, { token: 'x', code: '1' }, { code: '12345678' }, { verificationId: randomUUID() }, { token: 'x', verificationId: randomUUID() }])
      expect(await verdictOf(under.email.verifyEmail(proof))).toBe('INVALID_ARGUMENT VALIDATION_FAILED');
  });

  it('is nothing in another case, cut, guessed or past its time', async () => {
    const verificationId = await signUp('strict@example.com');
    const { token, code } = await under.mailTo('strict@example.com');
    const swapped = token.replace(/[a-zA-Z]/g, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()));
    for (const other of [swapped, token.slice(0, -1), `${token}A`, 'ghc_', "' or 1=1 --"])
      expect(await verdictOf(under.email.verifyEmail({ token: other, password }))).toBe(invalid);
    expect(await verdictOf(under.email.verifyEmail({ verificationId: randomUUID(), code }))).toBe(invalid);
    await under.database.query({ name: 'expire-code', text: 'update one_time_codes set expire_time = now() where id = $1', values: [verificationId] });
    expect(await verdictOf(under.email.verifyEmail({ token, password }))).toBe(invalid);
    expect(await verdictOf(under.email.verifyEmail({ verificationId, code }))).toBe(invalid);
  });

  it('is swept when it is past its time', async () => {
    const verificationId = await signUp('swept@example.com');
    const rows = () => under.database.query({ name: 'find-swept', text: 'select 1 from one_time_codes where id = $1', values: [verificationId] });
    await under.database.query({
      name: 'age-code',
      text: `update one_time_codes set expire_time = now() - interval '1 s' where id = $1`,
      values: [verificationId],
    });
    await under.app.sweeper.sweepSessions();
    expect(await rows()).toEqual([]);
  });
});
