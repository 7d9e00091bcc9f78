import { verdictOf } from './auth-under-test';
import { type AuthWithMails, startAuthWithMails } from './mails-under-test';

const password = 'correct horse battery';
const invalid = 'INVALID_ARGUMENT CODE_INVALID';
let under: AuthWithMails;
beforeAll(async () => {
  under = await startAuthWithMails();
});
afterAll(() => under.close());

const join = async (email: string) => {
  const { user, accessToken = '', refreshToken = '' } = await under.join(email, password);
  return { id: user!.id, self: under.asPerson(accessToken).email, accessToken, refreshToken };
};

describe('changing the email', () => {
  it('is confirmed at the new one, and told to the old one before and after', async () => {
    const { id, self } = await join('old@example.com');
    const { changeId } = await self.changeEmail({ newEmail: 'New@Example.com', password });
    expect(await under.mailTo('old@example.com')).toMatchObject({ kind: 'email_change_requested', data: { link: 'https://app.test/id/recover' } });
    const { kind, code } = await under.mailTo('new@example.com');
    expect(kind).toBe('email_change_confirm');
    expect(under.users.people.get(id)?.email).toBe('old@example.com');
    expect(await under.email.confirmEmailChange({ changeId, code })).toEqual({});
    expect(under.users.people.get(id)).toMatchObject({ email: 'New@example.com', emailVerified: true });
    expect(await under.mailTo('old@example.com')).toMatchObject({ kind: 'email_changed' });
    expect(await verdictOf(under.auth.login({ email: 'new@example.com', password }))).toBe('OK');
    expect(await verdictOf(under.email.confirmEmailChange({ changeId, code }))).toBe(invalid);
  });

  it('needs the password, and a person', async () => {
    const { self } = await join('guarded@example.com');
    expect(await verdictOf(self.changeEmail({ newEmail: 'thief@example.com', password: 'a wrong one' }))).toBe('UNAUTHENTICATED INVALID_CREDENTIALS');
    expect(await verdictOf(under.email.changeEmail({ newEmail: 'thief@example.com', password }))).toBe('UNAUTHENTICATED TOKEN_MISSING');
    expect(await under.mailsTo('thief@example.com')).toEqual([]);
  });

  it('answers the same for an email that is taken, whose owner is told', async () => {
    const { self } = await join('mover@example.com');
    const { id } = await join('owner@example.com');
    const answers = [
      await self.changeEmail({ newEmail: 'owner@example.com', password }),
      await self.changeEmail({ newEmail: 'unowned@example.com', password }),
    ];
    for (const answer of answers) expect(answer).toEqual({ changeId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(await under.mailTo('owner@example.com')).toMatchObject({ kind: 'sign_up_attempt', userId: id });
  });

  it('leaves the same in what is kept of who asks, whether the email is free or taken', async () => {
    await join('sought@example.com');
    const exportAfter = async (newEmail: string) => {
      const { self, accessToken } = await join(`curious-${newEmail}`);
      for (const email of [`before-${newEmail}`, newEmail]) {
        await self.changeEmail({ newEmail: email, password });
        await under.mailsTo(email);
      }
      const told: string[] = [];
      for await (const { records } of under.personsAs(accessToken).exportPerson({ userId: 'me' }))
        for (const { kind, data } of records)
          if (kind === 'code' || kind === 'mail') {
            const { purpose, kind: mail, state, ...times } = data as Record<string, string>;
            told.push([kind, purpose, mail, state, ...Object.keys(times).sort()].join(' '));
          }
      return told.sort();
    };
    const free = await exportAfter('unsought@example.com');
    expect(free.filter((each) => each.includes('change_email'))).toHaveLength(2);
    expect(await exportAfter('sought@example.com')).toEqual(free);
  });

  it('is over with the next change that is asked for also where that goes to an email that is taken', async () => {
    await join('holder@example.com');
    const { self } = await join('asks-twice@example.com');
    await self.changeEmail({ newEmail: 'asks-free@example.com', password });
    const { token } = await under.mailTo('asks-free@example.com');
    await self.changeEmail({ newEmail: 'holder@example.com', password });
    await under.mailTo('holder@example.com');
    expect(await verdictOf(under.email.confirmEmailChange({ token }))).toBe(invalid);
  });

  it('tells who confirms it that the email was taken meanwhile', async () => {
    const { id, self } = await join('late@example.com');
    await self.changeEmail({ newEmail: 'raced@example.com', password });
    const { token } = await under.mailTo('raced@example.com');
    under.users.add('raced@example.com');
    expect(await verdictOf(under.email.confirmEmailChange({ token }))).toBe('ALREADY_EXISTS EMAIL_TAKEN');
    expect(under.users.people.get(id)?.email).toBe('late@example.com');
  });

  it('ends no session by itself; who changes it may end all others, and goes on', async () => {
    const { self, accessToken, refreshToken } = await join('stay@example.com');
    const other = await under.auth.login({ email: 'stay@example.com', password });
    await self.changeEmail({ newEmail: 'stayed@example.com', password });
    const { token } = await under.mailTo('stayed@example.com');
    await under.email.confirmEmailChange({ token });
    const { refreshToken: renewed } = await under.auth.refresh({ refreshToken: other.refreshToken! });

    expect(await under.sessionsAs(accessToken).revokeOtherSessions({})).toEqual({ revoked: 1 });
    expect(await verdictOf(under.auth.refresh({ refreshToken: renewed! }))).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
    expect(await verdictOf(under.auth.refresh({ refreshToken }))).toBe('OK');
  });

  it('is over when the email was changed otherwise, and with the next change that is asked for', async () => {
    const { id, self } = await join('first@example.com');
    await self.changeEmail({ newEmail: 'second@example.com', password });
    const { token } = await under.mailTo('second@example.com');
    await self.changeEmail({ newEmail: 'third@example.com', password });
    const next = await under.mailTo('third@example.com');
    expect(await verdictOf(under.email.confirmEmailChange({ token }))).toBe(invalid);
    under.users.people.set(id, { ...under.users.people.get(id)!, email: 'fourth@example.com' });
    expect(await verdictOf(under.email.confirmEmailChange({ token: next.token }))).toBe(invalid);
  });

  it('comes to its end when the first attempt ended half way', async () => {
    const { id, self } = await join('half@example.com');
    await self.changeEmail({ newEmail: 'whole@example.com', password });
    const { token } = await under.mailTo('whole@example.com');
    // user did it, and auth did not hear of it
    under.users.people.set(id, { ...under.users.people.get(id)!, email: 'whole@example.com', emailVerified: true });
    expect(await under.email.confirmEmailChange({ token })).toEqual({});
  });

  it('is done once, of several at the same time', async () => {
    const { self } = await join('race-from@example.com');
    await self.changeEmail({ newEmail: 'race-to@example.com', password });
    const { token } = await under.mailTo('race-to@example.com');
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => verdictOf(under.email.confirmEmailChange({ token }))));
    expect(verdicts.filter((verdict) => verdict !== invalid)).toEqual(['OK']);
  });

  it('refuses the email that the account has', async () => {
    const { self } = await join('same@example.com');
    expect(await verdictOf(self.changeEmail({ newEmail: 'SAME@example.com', password }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED');
  });
});
