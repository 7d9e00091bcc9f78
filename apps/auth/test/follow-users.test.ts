import { UserChangeKind } from '@gatehouse/contracts/user';
import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';
import { active, deleted, password, suspended, useFollowed } from './followed-people';

let under: AuthUnderTest;
let followed: ReturnType<typeof useFollowed>;
beforeAll(async () => {
  under = await startAuth();
  followed = useFollowed(under);
  await followed.untilFollowing();
});
afterAll(() => under.close());

describe('what happens to a person', () => {
  it.each([
    ['suspended', 'USER_CHANGE_KIND_SUSPENDED', suspended, 'USER_CHANGE_KIND_REINSTATED'],
    ['deleted', 'USER_CHANGE_KIND_DELETED', deleted, 'USER_CHANGE_KIND_UNDELETED'],
  ] as const)('who is %s has no session any more, also once that is undone, and everybody else keeps theirs', async (status, kind, told, back) => {
    const [ada, bob] = [await followed.enter('ada'), await followed.enter('bob')];
    under.users.change(ada.id, kind, { status: told });
    await followed.untilKnown(ada.id, status, 2n);
    expect([await followed.liveSessions(ada.id), await followed.liveSessions(bob.id)]).toEqual([0, 1]);
    under.users.change(ada.id, back, { status: active });
    await followed.untilKnown(ada.id, 'active', 3n);
    expect([await followed.refresh(ada), await followed.refresh(bob)]).toEqual(['UNAUTHENTICATED REFRESH_TOKEN_INVALID', 'OK']);
    expect(await verdictOf(followed.login(ada.email))).toBe('OK');
  });

  it('of who is purged nothing is left to prove anything with', async () => {
    const [ada, bob] = [await followed.enter('ada'), await followed.enter('bob')];
    await followed.query('leave', `insert into pending_sign_ups (user_id, email, display_name, password_hash, attempt_id) values ($1, 'x@y', '', 'h', $1)`, [
      ada.id,
    ]);
    expect(await followed.kept(ada.id)).toEqual(['credentials', 'pending_sign_ups', 'sessions']);
    under.users.change(ada.id, 'USER_CHANGE_KIND_PURGED', { status: deleted });
    await followed.untilKnown(ada.id, 'purged', 2n);
    expect([await followed.kept(ada.id), await followed.kept(bob.id)]).toEqual([[], ['credentials', 'sessions']]);
  });

  it('other roles are noted with their time, and end no session; other changes are noted of who is known alone', async () => {
    const [ada, bob] = [await followed.enter('ada'), await followed.enter('bob')];
    under.users.change(ada.id, 'USER_CHANGE_KIND_ROLES_SET');
    await followed.untilKnown(ada.id, 'active', 2n);
    const { notBefore } = (await followed.known(ada.id))!;
    for (const { id } of [ada, bob]) under.users.change(id, 'USER_CHANGE_KIND_UPDATED');
    await followed.untilApplied();
    expect(await followed.known(ada.id)).toEqual({ revision: '3', status: 'active', notBefore });
    expect(await followed.known(bob.id)).toBeUndefined();
    under.users.change(ada.id, 'USER_CHANGE_KIND_ROLES_SET');
    await followed.untilKnown(ada.id, 'active', 4n);
    expect((await followed.known(ada.id))!.notBefore.getTime()).toBeGreaterThan(notBefore.getTime());
    expect([await followed.refresh(ada), await followed.refresh(bob)]).toEqual(['OK', 'OK']);
  });

  it('a role that permits something else is noted with its time, each time', async () => {
    const notBefore = async () =>
      (await followed.query<{ not_before: Date }>('read-role', `select not_before from changed_roles where role_id = 'editor'`))[0]?.not_before.getTime() ?? 0;
    const times = [await notBefore()];
    for (let count = 0; count < 2; count++) {
      under.users.feed.tell({ kind: UserChangeKind.USER_CHANGE_KIND_ROLE_CHANGED, roleId: 'editor' });
      await followed.untilApplied();
      times.push(await notBefore());
    }
    expect(times[1]).toBeGreaterThan(times[0]!);
    expect(times[2]).toBeGreaterThan(times[1]!);
  });
});

describe('the order of changes', () => {
  it('one that comes twice, or late, changes nothing: who entered after it stays', async () => {
    const ada = await followed.enter('ada');
    const suspension = { kind: UserChangeKind.USER_CHANGE_KIND_SUSPENDED, userId: ada.id, revision: 2n, status: suspended };
    under.users.change(ada.id, 'USER_CHANGE_KIND_SUSPENDED', { status: suspended });
    under.users.change(ada.id, 'USER_CHANGE_KIND_REINSTATED', { status: active });
    await followed.untilKnown(ada.id, 'active', 3n);
    const { refreshToken } = await followed.login(ada.email);
    const before = await followed.known(ada.id);
    under.users.feed.tell(suspension);
    under.users.feed.tell(suspension, { ...suspension, kind: UserChangeKind.USER_CHANGE_KIND_REINSTATED, revision: 3n, status: active });
    await followed.untilApplied();
    expect(await followed.known(ada.id)).toEqual(before);
    expect([await followed.liveSessions(ada.id), await followed.refresh({ refreshToken: refreshToken! })]).toEqual([1, 'OK']);
  });

  it('two that come the other way round do what they do in their order', async () => {
    const [ada, bob] = [await followed.enter('ada'), await followed.enter('bob')];
    const { USER_CHANGE_KIND_SUSPENDED, USER_CHANGE_KIND_REINSTATED, USER_CHANGE_KIND_UPDATED, USER_CHANGE_KIND_ROLES_SET } = UserChangeKind;
    for (const { id } of [ada, bob]) under.users.change(id, 'USER_CHANGE_KIND_ROLES_SET');
    await followed.untilKnown(bob.id, 'active', 2n);
    const { notBefore } = (await followed.known(bob.id))!;
    under.users.feed.tell({ kind: USER_CHANGE_KIND_REINSTATED, userId: ada.id, revision: 4n, status: active });
    under.users.feed.tell({ kind: USER_CHANGE_KIND_SUSPENDED, userId: ada.id, revision: 3n, status: suspended });
    under.users.feed.tell({ kind: USER_CHANGE_KIND_UPDATED, userId: bob.id, revision: 4n, status: active });
    under.users.feed.tell({ kind: USER_CHANGE_KIND_ROLES_SET, userId: bob.id, revision: 3n, status: active });
    await followed.untilApplied();
    expect(await followed.known(ada.id)).toMatchObject({ revision: '4', status: 'active' });
    expect(await followed.known(bob.id)).toMatchObject({ revision: '4', status: 'active' });
    expect((await followed.known(bob.id))!.notBefore.getTime()).toBeGreaterThan(notBefore.getTime());
    expect([await followed.refresh(ada), await followed.refresh(bob)]).toEqual(['UNAUTHENTICATED REFRESH_TOKEN_INVALID', 'OK']);
  });

  it('who enters again before their suspension and its end are heard of keeps that session, and no older one', async () => {
    const ada = await followed.enter('ada');
    under.users.change(ada.id, 'USER_CHANGE_KIND_SUSPENDED', { status: suspended }, true);
    under.users.change(ada.id, 'USER_CHANGE_KIND_REINSTATED', { status: active }, true);
    const { refreshToken } = await followed.login(ada.email);
    under.users.feed.tell(
      { kind: UserChangeKind.USER_CHANGE_KIND_SUSPENDED, userId: ada.id, revision: 2n, status: suspended },
      { kind: UserChangeKind.USER_CHANGE_KIND_REINSTATED, userId: ada.id, revision: 3n, status: active },
    );
    await followed.untilKnown(ada.id, 'active', 3n);
    expect([await followed.refresh(ada), await followed.refresh({ refreshToken: refreshToken! })]).toEqual(['UNAUTHENTICATED REFRESH_TOKEN_INVALID', 'OK']);
  });

  it('who is suspended while they log in does not enter', async () => {
    const ada = await followed.enter('ada');
    let verdict: Promise<string> | undefined;
    await under.database.transaction(async (tx) => {
      // passwords are read after `user` was asked
      await tx.query({ name: 'hold-passwords', text: 'lock table credentials in access exclusive mode' });
      verdict = verdictOf(under.auth.login({ email: ada.email, password }));
      await until(
        async () =>
          (await tx.query({ name: 'find-waiting', text: `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'` }))
            .length > 0,
      );
      under.users.change(ada.id, 'USER_CHANGE_KIND_SUSPENDED', { status: suspended });
      await followed.untilKnown(ada.id, 'suspended', 2n);
    });
    expect(await verdict).toBe('PERMISSION_DENIED ACCOUNT_SUSPENDED');
    expect(await followed.liveSessions(ada.id)).toBe(0);
  });
});

it('what it does is counted, and how long ago it heard', async () => {
  const ada = await followed.enter('ada');
  const read = async () => (await fetch(`http://127.0.0.1:${under.app.adminPort}/metrics`)).text();
  const valueOf = (text: string, series: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.split(' ')[1] ?? 0,
    );
  const series = 'auth_user_changes_applied_total{kind="suspended"}';
  const before = valueOf(await read(), series);
  under.users.change(ada.id, 'USER_CHANGE_KIND_SUSPENDED', { status: suspended });
  await followed.untilKnown(ada.id, 'suspended', 2n);
  await until(async () => valueOf(await read(), series) === before + 1);
  expect(valueOf(await read(), 'auth_user_feed_age_seconds')).toBeLessThan(10);
  expect(valueOf(await read(), 'auth_user_feed_resyncs_total')).toBe(1);
});
