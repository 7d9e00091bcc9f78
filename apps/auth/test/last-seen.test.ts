import { startAuth, until } from './auth-under-test';

const password = 'correct horse battery';

describe('when a person was last seen', () => {
  it('is told to user at each login and refresh', async () => {
    const { auth, users, close } = await startAuth({ overrides: { tellSightingsEveryMs: 50 } });
    const { user, refreshToken } = await auth.signUp({ email: 'ada@example.com', password });
    await until(() => users.lastSeen.has(user!.id));
    const [atSignUp, beforeRefresh] = [users.lastSeen.get(user!.id)!, new Date()];
    await auth.refresh({ refreshToken });
    await until(() => users.lastSeen.get(user!.id)! > atSignUp);
    expect(users.lastSeen.get(user!.id)!.getTime()).toBeGreaterThanOrEqual(beforeRefresh.getTime());
    await close();
  });

  it('is told at the latest when the process ends', async () => {
    const { app, auth, users, close } = await startAuth();
    const { user } = await auth.signUp({ email: 'bob@example.com', password });
    await app.close();
    expect(users.lastSeen.has(user!.id)).toBe(true);
    await close();
  });

  it('stops nobody, though user takes no note of it', async () => {
    const { app, auth, users, close } = await startAuth();
    const { user } = await auth.signUp({ email: 'eve@example.com', password });
    await users.stop();
    await app.close();
    expect(users.lastSeen.has(user!.id)).toBe(false);
    await users.restart();
    await close();
  });
});
