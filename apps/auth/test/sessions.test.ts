import { UserStatus } from '@gatehouse/contracts/user';
import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';

const password = 'correct horse battery';
const dead = 'UNAUTHENTICATED REFRESH_TOKEN_INVALID';
const replaySeconds = 1;
let under: AuthUnderTest;
beforeAll(async () => {
  under = await startAuth({ settings: { AUTH_REFRESH_REPLAY_SECONDS: String(replaySeconds) } });
});
afterAll(() => under.close());
afterEach(() => Object.assign(under.users.gates, { beforeResolve: undefined }));

let count = 0;
const signUp = async () => {
  const email = `person${++count}@example.com`;
  const { user, refreshToken } = await under.auth.signUp({ email, password });
  return { email, id: user!.id, refreshToken: refreshToken! };
};
const refresh = async (refreshToken: string) => (await under.auth.refresh({ refreshToken })).refreshToken!;
const verdictOfRefresh = (refreshToken: string) => verdictOf(under.auth.refresh({ refreshToken }));
const setStatus = (id: string, status: UserStatus) => under.users.people.set(id, { ...under.users.people.get(id)!, status });
const afterWindow = () => new Promise((resolve) => setTimeout(resolve, replaySeconds * 1000 + 100));
const tokensOf = (userId: string) =>
  under.database.query<{ is_sealed: boolean; is_used: boolean }>({
    name: 'list-tokens',
    text: `select t.sealed_successor is not null as is_sealed, t.use_time is not null as is_used
      from refresh_tokens t join sessions s on s.id = t.session_id where s.user_id = $1 order by t.create_time`,
    values: [userId],
  });

describe('a refresh token', () => {
  it('is traded for one successor after another', async () => {
    let { refreshToken } = await signUp();
    const seen = new Set([refreshToken]);
    for (let turn = 0; turn < 3; turn++) seen.add((refreshToken = await refresh(refreshToken)));
    expect(seen.size).toBe(4);
  });

  it('gives 50 who present it at once the very same successor, and the family grows by one', async () => {
    const { id, refreshToken } = await signUp();
    const successors = await Promise.all(Array.from({ length: 50 }, () => refresh(refreshToken)));
    expect(new Set(successors).size).toBe(1);
    expect(await tokensOf(id)).toHaveLength(2);
    expect(await verdictOfRefresh(successors[0]!)).toBe('OK');
  });

  it('gives its successor again in the replay window, and the last one where that was traded meanwhile', async () => {
    const { refreshToken } = await signUp();
    const successor = await refresh(refreshToken);
    expect(await refresh(refreshToken)).toBe(successor);
    const last = await refresh(await refresh(successor));
    expect(await refresh(refreshToken)).toBe(last);
    // and so a second tab is not logged out when the window is over
    await afterWindow();
    expect(await verdictOfRefresh(last)).toBe('OK');
  });

  it('ends the whole session when it is presented after the window', async () => {
    const { refreshToken } = await signUp();
    const successor = await refresh(refreshToken);
    await afterWindow();
    expect(await verdictOfRefresh(refreshToken)).toBe(dead);
    expect(await verdictOfRefresh(successor)).toBe(dead);
  });

  it('ends it so while user is down, too', async () => {
    const { refreshToken } = await signUp();
    const successor = await refresh(refreshToken);
    await afterWindow();
    await under.users.stop();
    expect(await verdictOfRefresh(refreshToken)).toBe(dead);
    expect(await verdictOfRefresh(successor)).toBe(dead);
    await under.users.restart();
    await until(async () => (await verdictOf(under.auth.login({ email: 'nobody@example.com', password }))) !== 'UNAVAILABLE UNAVAILABLE');
  });

  it('ends no session of the same person but its own', async () => {
    const { email, refreshToken } = await signUp();
    const other = await under.auth.login({ email, password });
    await refresh(refreshToken);
    await afterWindow();
    expect(await verdictOfRefresh(refreshToken)).toBe(dead);
    expect(await verdictOfRefresh(other.refreshToken!)).toBe('OK');
  });

  it('has its sealed successor erased after the window', async () => {
    const { id, refreshToken } = await signUp();
    await refresh(refreshToken);
    expect(await tokensOf(id)).toEqual([
      { is_sealed: true, is_used: true },
      { is_sealed: false, is_used: false },
    ]);
    const took = await until(async () => (await tokensOf(id)).every(({ is_sealed }) => !is_sealed));
    expect(took).toBeGreaterThan(replaySeconds * 1000 - 200);
  });

  it('is refused when it is unknown, ill-formed or changed', async () => {
    const { refreshToken } = await signUp();
    for (const token of [`ghr_${'A'.repeat(43)}`, 'nonsense', `${refreshToken}x`, refreshToken.toUpperCase()]) expect(await verdictOfRefresh(token)).toBe(dead);
    expect(await verdictOfRefresh(refreshToken)).toBe('OK');
  });

  it('gives none to a person who is suspended, until that is over', async () => {
    const { id, refreshToken } = await signUp();
    setStatus(id, UserStatus.USER_STATUS_SUSPENDED);
    expect(await verdictOfRefresh(refreshToken)).toBe('PERMISSION_DENIED ACCOUNT_SUSPENDED');
    setStatus(id, UserStatus.USER_STATUS_ACTIVE);
    expect(await verdictOfRefresh(refreshToken)).toBe('OK');
  });

  it('gives none to a person who is gone', async () => {
    const { id, refreshToken } = await signUp();
    under.users.people.delete(id);
    expect(await verdictOfRefresh(refreshToken)).toBe(dead);
  });

  it('is not used up while user is down', async () => {
    const { refreshToken } = await signUp();
    await under.users.stop();
    expect(await verdictOfRefresh(refreshToken)).toBe('UNAVAILABLE UNAVAILABLE');
    await under.users.restart();
    await until(async () => (await verdictOfRefresh(refreshToken)) === 'OK');
  });

  it('holds no lock while user takes its time', async () => {
    const { refreshToken } = await signUp();
    let answer: (() => void) | undefined;
    under.users.gates.beforeResolve = () => new Promise((resolve) => (answer = resolve));
    const waiting = verdictOfRefresh(refreshToken);
    await until(() => answer !== undefined);
    const locks = await under.database.query({
      name: 'list-open',
      text: "select 1 from pg_stat_activity where application_name = 'gatehouse-auth' and state like 'idle in transaction%'",
    });
    expect(locks).toEqual([]);
    under.users.gates.beforeResolve = undefined;
    answer!();
    expect(await waiting).toBe('OK');
  });
});

describe('time', () => {
  it('ends a token that is not used, and a session however often it is refreshed', async () => {
    const brief = await startAuth({ beside: under, settings: { AUTH_REFRESH_TOKEN_SECONDS: '1' } });
    const short = await startAuth({ beside: under, settings: { AUTH_SESSION_SECONDS: '2' } });
    const { email } = await signUp();
    const unused = (await brief.auth.login({ email, password })).refreshToken!;
    let used = (await short.auth.login({ email, password })).refreshToken!;
    const start = Date.now();
    while (Date.now() - start < 1_200) {
      used = (await short.auth.refresh({ refreshToken: used })).refreshToken!;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await verdictOfRefresh(unused)).toBe(dead);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await verdictOfRefresh(used)).toBe(dead);
    await brief.close();
    await short.close();
  });
});

it('ends the access tokens of a session with it, at the latest', async () => {
  const short = await startAuth({ beside: under, settings: { AUTH_SESSION_SECONDS: '300' } });
  const { email } = await signUp();
  const login = await short.auth.login({ email, password });
  const refreshed = await short.auth.refresh({ refreshToken: login.refreshToken! });
  const steppedUp = await short.factorsOf(login.accessToken!).stepUp({ proof: { $case: 'password', value: password } });
  for (const { accessToken, expiresIn } of [login, refreshed, steppedUp]) {
    const { sid, iat, exp } = JSON.parse(Buffer.from(accessToken!.split('.')[1]!, 'base64url').toString());
    const [session] = await under.database.query<{ end: number }>({
      name: 'read-session-end',
      text: 'select extract(epoch from expire_time)::float8 as end from sessions where id = $1',
      values: [sid],
    });
    expect(exp).toBeLessThanOrEqual(session!.end);
    expect(expiresIn).toBe(exp - iat);
    expect(exp - iat).toBeGreaterThan(290);
  }
  await short.close();
});

describe('logging out', () => {
  it('ends the session, also by a token that was traded already, and is no error twice', async () => {
    const { refreshToken } = await signUp();
    const successor = await refresh(refreshToken);
    for (let turn = 0; turn < 2; turn++) expect(await under.auth.logout({ refreshToken })).toEqual({});
    expect(await verdictOfRefresh(successor)).toBe(dead);
  });

  it('is no error for an unknown token', async () => {
    expect(await under.auth.logout({ refreshToken: 'never seen' })).toEqual({});
  });
});

describe('a dump of the database', () => {
  it('holds no token, password or key that could be used', async () => {
    const { email, refreshToken } = await signUp();
    const successor = await refresh(refreshToken);
    const { refreshToken: other, accessToken } = await under.auth.login({ email, password });
    const dump = await under.dump();
    expect(dump).toContain('$argon2id$');
    for (const secret of [refreshToken, successor, other!, accessToken!, password, 'ghr_']) expect(dump).not.toContain(secret);
    // every text in it, presented as it is
    for (const text of new Set(dump.match(/[A-Za-z0-9_-]{20,256}/g))) expect(await verdictOfRefresh(text)).toBe(dead);
  });
});
