import { unavailable } from '@gatehouse/contracts/api';
import { randomUUID } from 'node:crypto';
import { startAuth, until, verdictOf } from './auth-under-test';
import { type AuthWithMails, startAuthWithMails } from './mails-under-test';

const password = 'correct horse battery';
const taken = 'ALREADY_EXISTS EMAIL_TAKEN';
let under: AuthWithMails;
beforeAll(async () => {
  under = await startAuthWithMails({ settings: { AUTH_SIGNUP_VERIFICATION: 'off' } });
});
afterAll(() => under.close());
afterEach(() => Object.assign(under.users.gates, { beforeCreate: undefined, afterCreate: undefined, beforeResolve: undefined }));

const pendingSignUps = async () => (await under.database.query({ name: 'list-pending', text: 'select user_id from pending_sign_ups' })).length;

describe('signing up', () => {
  it('creates the person, whose password logs in, and answers with tokens', async () => {
    const answer = await under.auth.signUp({ email: 'Ada@Example.com', password, displayName: 'Ada' });
    const user = under.users.findByEmail('ada@example.com')!;
    expect(answer).toMatchObject({ user: { id: user.id, email: 'Ada@example.com', displayName: 'Ada' }, tokenType: 'Bearer' });
    expect(answer.accessToken).toMatch(/^ey/);
    expect(answer.refreshToken).toMatch(/^ghr_/);
    expect((await under.auth.login({ email: 'ada@EXAMPLE.com', password })).user?.id).toBe(user.id);
    expect(await pendingSignUps()).toBe(0);
  });

  it('knows one email and one password in every way of writing them', async () => {
    const answer = await under.auth.signUp({ email: 'Kurt@b\u00fccher.example', password: 'cafe\u0301\u00a0au lait' });
    for (const [email, given] of [
      ['kurt@xn--bcher-kva.example', 'caf\u00e9 au lait'],
      ['KURT@BU\u0308CHER.example', 'caf\u00e9\u2003au lait'],
      ['\u212aurt@b\u00fccher.\uff45xample', 'cafe\u0301 au\u3000lait'],
    ] as const) {
      expect((await under.auth.login({ email, password: given })).user?.id).toBe(answer.user?.id);
      expect(await verdictOf(under.auth.signUp({ email, password }))).toBe(taken);
    }
    expect(await verdictOf(under.auth.login({ email: 'kurt@b\u00fccher.example', password: 'caf\u00e9  au lait' }))).toBe(
      'UNAUTHENTICATED INVALID_CREDENTIALS',
    );
    // eight characters are eight after it too
    expect(await verdictOf(under.auth.signUp({ email: 'short@example.com', password: 'e\u0301'.repeat(7) }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED');
  });

  it('refuses an email that is taken, whatever its case, and leaves its password alone', async () => {
    await under.auth.signUp({ email: 'taken@example.com', password });
    expect(await verdictOf(under.auth.signUp({ email: 'TAKEN@example.com', password: 'another password' }))).toBe(taken);
    expect(await verdictOf(under.auth.login({ email: 'taken@example.com', password: 'another password' }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await verdictOf(under.auth.login({ email: 'taken@example.com', password }))).toBe('OK');
    expect(await pendingSignUps()).toBe(0);
  });

  it('never gives away a person whom an administrator made', async () => {
    const made = under.users.add('made@example.com');
    for (let attempt = 0; attempt < 2; attempt++) expect(await verdictOf(under.auth.signUp({ email: 'made@example.com', password }))).toBe(taken);
    expect(await verdictOf(under.auth.login({ email: 'made@example.com', password }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await under.database.query({ name: 'find-made', text: 'select 1 from credentials where user_id = $1', values: [made.id] })).toEqual([]);
  });

  it('does not claim a person made by an administrator between a cut-off attempt and the next', async () => {
    under.users.gates.beforeCreate = () => Promise.reject(unavailable());
    expect(await verdictOf(under.auth.signUp({ email: 'between@example.com', password }))).toBe('UNAVAILABLE UNAVAILABLE');
    under.users.gates.beforeCreate = undefined;
    under.users.add('between@example.com');
    expect(await verdictOf(under.auth.signUp({ email: 'between@example.com', password }))).toBe(taken);
    expect(await verdictOf(under.auth.login({ email: 'between@example.com', password }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
  });

  it('does not claim a half-made person who was given another email', async () => {
    under.users.gates.afterCreate = () => Promise.reject(unavailable());
    await verdictOf(under.auth.signUp({ email: 'old@example.com', password }));
    under.users.gates.afterCreate = undefined;
    const user = under.users.findByEmail('old@example.com')!;
    under.users.people.set(user.id, { ...user, email: 'new@example.com' });
    expect(await verdictOf(under.auth.signUp({ email: 'old@example.com', password }))).toBe(taken);
    expect(await verdictOf(under.auth.login({ email: 'new@example.com', password }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
  });

  it('resumes a cut-off attempt under its own id, with the later password, name and spelling', async () => {
    under.users.gates.afterCreate = () => Promise.reject(unavailable());
    await verdictOf(under.auth.signUp({ email: 'Resumed@example.com', password: 'first password', displayName: 'First' }));
    under.users.gates.afterCreate = undefined;
    const answer = await under.auth.signUp({ email: 'resumed@example.com', password: 'second password', displayName: 'Second' });
    expect(answer.user).toMatchObject({ email: 'resumed@example.com', displayName: 'Second' });
    const [first, second] = under.users.creations.filter(({ email }) => email === 'Resumed@example.com');
    expect(second).toEqual(first);
    expect(await verdictOf(under.auth.login({ email: 'resumed@example.com', password: 'first password' }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await verdictOf(under.auth.login({ email: 'resumed@example.com', password: 'second password' }))).toBe('OK');
  });

  it('lets the later of two attempts win, though the earlier would be done first', async () => {
    const releases: (() => void)[] = [];
    under.users.gates.afterCreate = () => new Promise((resolve) => releases.push(resolve));
    const earlier = verdictOf(under.auth.signUp({ email: 'order@example.com', password: 'the earlier password' }));
    await until(() => releases.length === 1);
    const later = verdictOf(under.auth.signUp({ email: 'order@example.com', password: 'the later password' }));
    await until(() => releases.length === 2);
    releases[0]!();
    expect(await earlier).toBe(taken);
    releases[1]!();
    expect(await later).toBe('OK');
    expect(await verdictOf(under.auth.login({ email: 'order@example.com', password: 'the earlier password' }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await verdictOf(under.auth.login({ email: 'order@example.com', password: 'the later password' }))).toBe('OK');
  });

  it('lets exactly one of many at once win, and its password is the one that works', async () => {
    const passwords = Array.from({ length: 12 }, (_, index) => `password number ${index}`);
    const verdicts = await Promise.all(passwords.map((each) => verdictOf(under.auth.signUp({ email: 'race@example.com', password: each }))));
    expect(verdicts.filter((verdict) => verdict !== taken)).toEqual(['OK']);
    const logins = await Promise.all(passwords.map((each) => verdictOf(under.auth.login({ email: 'race@example.com', password: each }))));
    expect(logins.indexOf('OK')).toBe(verdicts.indexOf('OK'));
    expect(logins.filter((verdict) => verdict === 'OK')).toHaveLength(1);
  });

  it('gives a person the name and the spelling of the attempt that won, whoever began', async () => {
    under.users.gates.afterCreate = () => Promise.reject(unavailable());
    expect(await verdictOf(under.auth.signUp({ email: 'planted@example.com', password: 'of somebody else', displayName: 'Planted' }))).toBe(
      'UNAVAILABLE UNAVAILABLE',
    );
    under.users.gates.afterCreate = undefined;
    const answer = await under.auth.signUp({ email: 'PLANTED@example.com', password, displayName: 'Victim' });
    expect(answer.user).toMatchObject({ email: 'PLANTED@example.com', displayName: 'Victim' });
    expect(under.users.findByEmail('planted@example.com')).toMatchObject({ email: 'PLANTED@example.com', displayName: 'Victim' });
    const names = Array.from({ length: 8 }, (_, index) => `name ${index}`);
    const attempts = await Promise.allSettled(
      names.map((displayName) => under.auth.signUp({ email: 'names@example.com', password: `password of ${displayName}`, displayName })),
    );
    const winner = names[attempts.findIndex(({ status }) => status === 'fulfilled')]!;
    expect((await under.auth.login({ email: 'names@example.com', password: `password of ${winner}` })).user?.displayName).toBe(winner);
  });

  it('fails closed while user is down, and succeeds once it is back', async () => {
    await under.users.stop();
    expect(await verdictOf(under.auth.signUp({ email: 'later@example.com', password }))).toBe('UNAVAILABLE UNAVAILABLE');
    await under.users.restart();
    await until(async () => (await verdictOf(under.auth.signUp({ email: 'later@example.com', password }))) === 'OK');
  });
});

describe('a request_id', () => {
  it('makes a repetition open a new session for the same person', async () => {
    const request = { email: 'again@example.com', password, displayName: 'Again', requestId: randomUUID() };
    const first = await under.auth.signUp(request);
    const second = await under.auth.signUp(request);
    expect(second.user?.id).toBe(first.user?.id);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await verdictOf(under.auth.refresh({ refreshToken: first.refreshToken }))).toBe('OK');
  });

  it('does not open a session for a wrong password, nor for another request', async () => {
    const request = { email: 'once@example.com', password, requestId: randomUUID() };
    await under.auth.signUp(request);
    expect(await verdictOf(under.auth.signUp({ ...request, password: 'another password' }))).toBe(taken);
    expect(await verdictOf(under.auth.signUp({ ...request, displayName: 'Another' }))).toBe('INVALID_ARGUMENT REQUEST_ID_REUSED');
  });

  it('lets every repetition at the same time have the same person, or try again', async () => {
    const request = { email: 'twins@example.com', password, requestId: randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () =>
        under.auth.signUp(request).then(
          ({ user }) => user!.id,
          ({ code }) => code as string,
        ),
      ),
    );
    const id = under.users.findByEmail('twins@example.com')!.id;
    expect(answers).toContain(id);
    expect(answers.filter((answer) => answer !== id && answer !== 'ABORTED')).toEqual([]);
    expect((await under.auth.signUp(request)).user?.id).toBe(id);
  });
});

describe('the sweeper', () => {
  const cutOff = async (email: string, gate: 'beforeCreate' | 'afterCreate') => {
    under.users.gates[gate] = () => Promise.reject(unavailable());
    await verdictOf(under.auth.signUp({ email, password }));
    under.users.gates[gate] = undefined;
  };

  it('finishes what user knows of and removes the rest', async () => {
    await cutOff('known@example.com', 'afterCreate');
    await cutOff('unknown@example.com', 'beforeCreate');
    await under.app.sweeper.sweepSignUps();
    expect(await pendingSignUps()).toBe(2);

    const later = await startAuth({ beside: under, overrides: { abandonedAfterMs: 0 } });
    await later.app.sweeper.sweepSignUps();
    await later.close();
    expect(await pendingSignUps()).toBe(0);
    expect(await verdictOf(under.auth.login({ email: 'known@example.com', password }))).toBe('OK');
    expect(await verdictOf(under.auth.signUp({ email: 'known@example.com', password }))).toBe(taken);
    expect(await verdictOf(under.auth.signUp({ email: 'unknown@example.com', password: 'a later password' }))).toBe('OK');
  });

  it('gives nobody a half-made person who was given another email', async () => {
    await cutOff('former@example.com', 'afterCreate');
    const user = under.users.findByEmail('former@example.com')!;
    under.users.people.set(user.id, { ...user, email: 'present@example.com' });
    const later = await startAuth({ beside: under, overrides: { abandonedAfterMs: 0 } });
    await later.app.sweeper.sweepSignUps();
    await later.close();
    expect(await pendingSignUps()).toBe(0);
    for (const email of ['former@example.com', 'present@example.com'])
      expect(await verdictOf(under.auth.login({ email, password }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
  });

  it('removes a sign-up whose person got a password otherwise, and goes on to the next', async () => {
    for (const email of ['provided@example.com', 'next@example.com']) await cutOff(email, 'afterCreate');
    const { id } = under.users.findByEmail('provided@example.com')!;
    const { resetId } = await under.recovery.requestPasswordReset({ email: 'provided@example.com' });
    const { code } = await under.mailTo('provided@example.com');
    await under.recovery.resetPassword({ resetId, code, newPassword: 'the password of the owner' });
    const later = await startAuth({ beside: under, overrides: { abandonedAfterMs: 0 } });
    await later.app.sweeper.sweepSignUps();
    await later.close();
    expect(await pendingSignUps()).toBe(0);
    expect((await under.auth.login({ email: 'provided@example.com', password: 'the password of the owner' })).user?.id).toBe(id);
    expect(await verdictOf(under.auth.login({ email: 'provided@example.com', password }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await verdictOf(under.auth.login({ email: 'next@example.com', password }))).toBe('OK');
  });

  it('decides nothing while user is down', async () => {
    await cutOff('undecided@example.com', 'afterCreate');
    const later = await startAuth({ beside: under, overrides: { abandonedAfterMs: 0 } });
    under.users.gates.beforeResolve = () => Promise.reject(unavailable());
    await expect(later.app.sweeper.sweepSignUps()).rejects.toThrow();
    expect(await pendingSignUps()).toBe(1);
    under.users.gates.beforeResolve = undefined;
    await later.app.sweeper.sweepSignUps();
    await later.close();
    expect(await verdictOf(under.auth.login({ email: 'undecided@example.com', password }))).toBe('OK');
  });
});
