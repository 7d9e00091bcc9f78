import { randomUUID } from 'node:crypto';
import { type AuthUnderTest, startAuth, verdictOf } from './auth-under-test';

const password = 'correct horse battery';
let under: AuthUnderTest;
beforeAll(async () => {
  under = await startAuth();
});
afterAll(() => under.close());

let count = 0;
/** A person who is logged in on so many devices; the last session first. */
async function logIn(sessions: number, metadata: Record<string, string> = {}) {
  const email = `sessions${++count}@example.com`;
  const first = await under.auth.signUp({ email, password }, { metadata });
  const tokens = [first];
  while (tokens.length < sessions) tokens.unshift(await under.auth.login({ email, password }, { metadata }));
  return { email, userId: first.user!.id, tokens, client: under.sessionsAs(tokens[0]!.accessToken!) };
}
const isAlive = async (refreshToken: string) => (await verdictOf(under.auth.refresh({ refreshToken }))) === 'OK';

describe('the list of sessions', () => {
  it('tells where its person is logged in, newest first, and which one asks', async () => {
    const { userId, client } = await logIn(3, { 'gatehouse-client-address': '192.0.2.7', 'gatehouse-client-user-agent': 'Mozilla/5.0 (X11)' });
    const { sessions, nextPageToken } = await client.listSessions({ userId: 'me' });
    expect(nextPageToken).toBe('');
    expect(sessions.map(({ current }) => current)).toEqual([true, false, false]);
    expect(new Set(sessions.map(({ deviceId }) => deviceId)).size).toBe(3);
    for (const session of sessions) {
      expect(session).toMatchObject({ userId, clientAddress: '192.0.2.7', userAgent: 'Mozilla/5.0 (X11)', authMethods: ['pwd'] });
      expect(session.idleExpireTime!.getTime()).toBeLessThan(session.expireTime!.getTime());
    }
  });

  it('comes page by page, with tokens that are good for this person alone', async () => {
    const { client } = await logIn(3);
    const first = await client.listSessions({ userId: 'me', pageSize: 2 });
    const second = await client.listSessions({ userId: 'me', pageSize: 2, pageToken: first.nextPageToken });
    expect([...first.sessions, ...second.sessions].map(({ id }) => id)).toEqual((await client.listSessions({ userId: 'me' })).sessions.map(({ id }) => id));
    expect(second.nextPageToken).toBe('');
    const other = await logIn(1);
    expect(await verdictOf(other.client.listSessions({ userId: 'me', pageToken: first.nextPageToken }))).toBe('INVALID_ARGUMENT PAGE_TOKEN_INVALID');
  });

  it('knows a device again by its token, and shows from where a session was last used', async () => {
    const { email, tokens, client } = await logIn(1);
    const again = await under.auth.login({ email, password, deviceToken: tokens[0]!.deviceToken! });
    await under.auth.refresh({ refreshToken: again.refreshToken! }, { metadata: { 'gatehouse-client-address': '2001:db8::9' } });
    const { sessions } = await client.listSessions({ userId: 'me' });
    expect(sessions).toHaveLength(2);
    expect(new Set(sessions.map(({ deviceId }) => deviceId)).size).toBe(1);
    expect(sessions[0]!.clientAddress).toBe('2001:db8::9');
    expect(sessions[0]!.lastUsedTime!.getTime()).toBeGreaterThan(sessions[0]!.createTime!.getTime());
  });

  it('is for oneself and for who may read sessions, and for nobody else', async () => {
    const { userId } = await logIn(1);
    const stranger = under.sessionsAs(await under.issuer.accessToken({ id: randomUUID() }));
    const administrator = under.sessionsAs(await under.issuer.accessToken({ id: randomUUID(), permissions: ['sessions.read'] }));
    expect(await verdictOf(stranger.listSessions({ userId }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect((await administrator.listSessions({ userId })).sessions).toHaveLength(1);
    expect(await verdictOf(administrator.revokeAllSessions({ userId }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
  });
});

describe('a session', () => {
  it('has the name that its person gives it', async () => {
    const { client } = await logIn(2);
    const [session] = (await client.listSessions({ userId: 'me' })).sessions;
    const named = await client.updateSession({ session: { ...session!, userId: 'me', displayName: '  Kitchen   tablet ' }, updateMask: ['display_name'] });
    expect(named.displayName).toBe('Kitchen tablet');
    expect((await client.listSessions({ userId: 'me' })).sessions.map(({ displayName }) => displayName)).toEqual(['Kitchen tablet', '']);
    expect((await client.updateSession({ session: { ...named, displayName: '' } })).displayName).toBe('Kitchen tablet');
    expect((await client.updateSession({ session: { ...named, displayName: '' }, updateMask: ['display_name'] })).displayName).toBe('');
  });

  it('ends alone, and a second time without an error', async () => {
    const { tokens, client } = await logIn(2);
    const ended = (await client.listSessions({ userId: 'me' })).sessions[1]!;
    for (let turn = 0; turn < 2; turn++) expect(await client.revokeSession({ userId: 'me', id: ended.id })).toEqual({});
    expect(await isAlive(tokens[1]!.refreshToken!)).toBe(false);
    expect(await isAlive(tokens[0]!.refreshToken!)).toBe(true);
    expect((await client.listSessions({ userId: 'me' })).sessions.map(({ current }) => current)).toEqual([true]);
  });

  it("is not found by another person's name, whatever they try", async () => {
    const mine = await logIn(1);
    const theirs = await logIn(1);
    const { id } = (await theirs.client.listSessions({ userId: 'me' })).sessions[0]!;
    expect(await verdictOf(mine.client.revokeSession({ userId: 'me', id }))).toBe('NOT_FOUND SESSION_NOT_FOUND');
    expect(await verdictOf(mine.client.updateSession({ session: { id, userId: 'me', displayName: 'x' } as never }))).toBe('NOT_FOUND SESSION_NOT_FOUND');
    expect(await verdictOf(mine.client.revokeSession({ userId: theirs.userId, id }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await isAlive(theirs.tokens[0]!.refreshToken!)).toBe(true);
  });
});

describe('all sessions', () => {
  it('but the one that calls end at once', async () => {
    const { tokens, client } = await logIn(3);
    expect(await client.revokeOtherSessions({})).toEqual({ revoked: 2 });
    expect(await Promise.all(tokens.map(({ refreshToken }) => isAlive(refreshToken!)))).toEqual([true, false, false]);
  });

  it("end by an administrator's word, and are told once", async () => {
    const { userId, tokens } = await logIn(2);
    const administrator = under.sessionsAs(await under.issuer.accessToken({ id: randomUUID(), permissions: ['sessions.revoke'] }));
    expect(await administrator.revokeAllSessions({ userId })).toEqual({ revoked: 2 });
    expect(await administrator.revokeAllSessions({ userId })).toEqual({ revoked: 0 });
    expect(await Promise.all(tokens.map(({ refreshToken }) => isAlive(refreshToken!)))).toEqual([false, false]);
  });
});
