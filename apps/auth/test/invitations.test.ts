import { unavailable } from '@gatehouse/contracts/api';
import { UserStatus } from '@gatehouse/contracts/user';
import { randomUUID } from 'node:crypto';
import { verdictOf } from './auth-under-test';
import { type AuthWithMails, startAuthWithMails } from './mails-under-test';

const password = 'correct horse battery';
const invalid = 'INVALID_ARGUMENT CODE_INVALID';
let under: AuthWithMails;
let administrator: AuthWithMails['invitations'];
beforeAll(async () => {
  under = await startAuthWithMails();
  administrator = under.asPerson(await under.issuer.accessToken({ id: randomUUID(), permissions: ['users.invite'] })).invitations;
});
afterAll(() => under.close());
afterEach(() => Object.assign(under.users.gates, { beforeCreate: undefined, afterCreate: undefined }));

describe('inviting somebody', () => {
  it('makes the person, who sets their first password by the link and is in', async () => {
    const { user, expireTime } = await administrator.inviteUser({ email: 'guest@example.com', displayName: 'Guest' });
    expect(user).toMatchObject({ email: 'guest@example.com', displayName: 'Guest', emailVerified: false });
    expect(Math.abs(expireTime!.getTime() - Date.now() - 604_800_000)).toBeLessThan(60_000);
    const { kind, token, code } = await under.mailTo('guest@example.com');
    expect([kind, code]).toEqual(['invitation', '']);
    const answer = await under.invitations.acceptInvitation({ token, password, displayName: 'Own name' });
    expect(answer).toMatchObject({ user: { id: user!.id, emailVerified: true, displayName: 'Own name' }, tokenType: 'Bearer' });
    expect(await verdictOf(under.auth.login({ email: 'guest@example.com', password }))).toBe('OK');
    expect(await verdictOf(under.invitations.acceptInvitation({ token, password }))).toBe(invalid);
  });

  it('needs the permission', async () => {
    const member = under.asPerson(await under.issuer.accessToken({ id: randomUUID(), permissions: ['users.create'] })).invitations;
    const calls = [
      () => member.inviteUser({ email: 'no@example.com' }),
      () => member.resendInvitation({ userId: randomUUID() }),
      () => member.revokeInvitation({ userId: randomUUID() }),
    ];
    for (const call of calls) expect(await verdictOf(call())).toBe('PERMISSION_DENIED PERMISSION_DENIED');
  });

  it('refuses an email that is taken, and mails nobody', async () => {
    under.users.add('there@example.com');
    expect(await verdictOf(administrator.inviteUser({ email: 'there@example.com' }))).toBe('ALREADY_EXISTS EMAIL_TAKEN');
    expect(await under.mailsTo('there@example.com')).toEqual([]);
  });

  it('answers a repeated request_id with the same person, and mails once', async () => {
    const request = { email: 'repeated@example.com', displayName: 'R', requestId: randomUUID() };
    const answers = await Promise.all([1, 2, 3].map(() => administrator.inviteUser(request)));
    expect(new Set(answers.map(({ user }) => user?.id)).size).toBe(1);
    expect(await under.mailsTo('repeated@example.com')).toHaveLength(1);
    expect(await verdictOf(administrator.inviteUser({ ...request, email: 'another@example.com' }))).toBe('INVALID_ARGUMENT REQUEST_ID_REUSED');
  });

  it('answers a repeated request_id with the same person also where they were suspended before they were mailed', async () => {
    const request = { email: 'barred@example.com', displayName: 'Barred', requestId: randomUUID() };
    under.users.gates.afterCreate = async () => {
      const user = under.users.findByEmail(request.email)!;
      under.users.people.set(user.id, { ...user, status: UserStatus.USER_STATUS_SUSPENDED });
    };
    const { user } = await administrator.inviteUser(request);
    expect(await under.mailsTo(request.email)).toEqual([]);
    expect((await administrator.inviteUser(request)).user?.id).toBe(user!.id);
    expect(await verdictOf(administrator.inviteUser({ ...request, displayName: 'Other' }))).toBe('INVALID_ARGUMENT REQUEST_ID_REUSED');
  });

  it('makes and mails who was asked for, though the answer was lost', async () => {
    under.users.gates.beforeCreate = () => Promise.reject(unavailable());
    expect(await verdictOf(administrator.inviteUser({ email: 'lost@example.com' }))).toBe('UNAVAILABLE UNAVAILABLE');
    under.users.gates.beforeCreate = undefined;
    const { token } = await under.mailTo('lost@example.com');
    expect(await verdictOf(under.invitations.acceptInvitation({ token, password }))).toBe('OK');
  });

  it('is renewed, the last link being over, also for who was made otherwise', async () => {
    const user = under.users.add('created@example.com');
    await administrator.resendInvitation({ userId: user.id });
    const first = await under.mailTo('created@example.com');
    await administrator.resendInvitation({ userId: user.id });
    const { token } = await under.mailTo('created@example.com');
    expect(await verdictOf(under.invitations.acceptInvitation({ token: first.token, password }))).toBe(invalid);
    expect(await verdictOf(under.invitations.acceptInvitation({ token, password }))).toBe('OK');
    expect(await verdictOf(administrator.resendInvitation({ userId: user.id }))).toBe('NOT_FOUND INVITATION_NOT_FOUND');
    expect(await verdictOf(administrator.resendInvitation({ userId: randomUUID() }))).toBe('NOT_FOUND INVITATION_NOT_FOUND');
  });

  it('is revoked, mailed or not yet', async () => {
    const { user } = await administrator.inviteUser({ email: 'revoked@example.com' });
    const { token } = await under.mailTo('revoked@example.com');
    await administrator.resendInvitation({ userId: user!.id });
    expect(await administrator.revokeInvitation({ userId: user!.id })).toEqual({});
    expect(await verdictOf(under.invitations.acceptInvitation({ token, password }))).toBe(invalid);
    expect(await under.mailsTo('revoked@example.com')).toEqual([]);
  });

  it('is accepted once, of several at the same time', async () => {
    await administrator.inviteUser({ email: 'race@example.com' });
    const { token } = await under.mailTo('race@example.com');
    const passwords = Array.from({ length: 5 }, (_, index) => `password number ${index}`);
    const verdicts = await Promise.all(passwords.map((each) => verdictOf(under.invitations.acceptInvitation({ token, password: each }))));
    expect(verdicts.filter((verdict) => verdict !== invalid)).toEqual(['OK']);
    expect(await verdictOf(under.auth.login({ email: 'race@example.com', password: passwords[verdicts.indexOf('OK')]! }))).toBe('OK');
  });

  it('is for a first password alone', async () => {
    const { user } = await administrator.inviteUser({ email: 'reset@example.com' });
    const { token } = await under.mailTo('reset@example.com');
    await under.recovery.requestPasswordReset({ email: 'reset@example.com' });
    await under.recovery.resetPassword({ token: (await under.mailTo('reset@example.com')).token, newPassword: password });
    expect(await verdictOf(under.invitations.acceptInvitation({ token, password }))).toBe(invalid);
    expect(under.users.people.get(user!.id)?.emailVerified).toBe(true);
  });
});
