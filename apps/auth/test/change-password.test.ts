import { UserStatus } from '@gatehouse/contracts/user';
import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';
import { useFollowed } from './followed-people';

const first = 'correct horse battery';
const wrong = 'UNAUTHENTICATED INVALID_CREDENTIALS';
let under: AuthUnderTest;
let people = 0;
beforeAll(async () => {
  under = await startAuth({ settings: { AUTH_PASSWORD_HISTORY: '3' } });
});
afterAll(() => under.close());

/** Somebody who has just signed up. */
async function join() {
  const email = `person-${++people}@example.com`;
  const session = await under.auth.signUp({ email, password: first });
  const login = (password: string) => verdictOf(under.auth.login({ email, password }));
  const change = (oldPassword: string, newPassword: string, token = session.accessToken) =>
    under.passwordsAs(token).changePassword({ oldPassword, newPassword });
  return { id: session.user!.id, email, session, login, change };
}
const refresh = ({ refreshToken = '' }: { refreshToken?: string }) => verdictOf(under.auth.refresh({ refreshToken }));
const countRetired = async (id: string) =>
  (await under.database.query({ name: 'count-retired', text: 'select 1 from password_history where user_id = $1', values: [id] })).length;

describe('changing a password', () => {
  it('takes the new one from then on, and the old one never again', async () => {
    const { change, login } = await join();
    await change(first, 'seven purple bicycles');
    expect(await login(first)).toBe(wrong);
    expect(await login('seven purple bicycles')).toBe('OK');
  });

  it('ends every other session of the person, and no session of others', async () => {
    const [ada, bob] = [await join(), await join()];
    const other = await under.auth.login({ email: ada.email, password: first });
    await ada.change(first, 'seven purple bicycles');
    expect(await refresh(other)).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
    expect([await refresh(ada.session), await refresh(bob.session)]).toEqual(['OK', 'OK']);
  });

  it('asks for the old one, and for somebody who is logged in', async () => {
    const { change, login, session } = await join();
    expect(await verdictOf(change('not it at all', 'seven purple bicycles'))).toBe(wrong);
    expect(await verdictOf(under.passwordsAs().changePassword({ oldPassword: first, newPassword: 'seven purple bicycles' }))).toBe(
      'UNAUTHENTICATED TOKEN_MISSING',
    );
    expect([await login(first), await refresh(session)]).toEqual(['OK', 'OK']);
  });

  it('is not for who is suspended, nor for who is not there any more', async () => {
    const { id, change, login } = await join();
    under.users.people.set(id, { ...under.users.people.get(id)!, status: UserStatus.USER_STATUS_SUSPENDED });
    expect(await verdictOf(change(first, 'seven purple bicycles'))).toBe('PERMISSION_DENIED ACCOUNT_SUSPENDED');
    under.users.people.delete(id);
    expect(await verdictOf(change(first, 'seven purple bicycles'))).toBe(wrong);
    expect(await login(first)).toBe(wrong);
  });

  it('is done once when two want to at the same time: the other one does not know the password any more', async () => {
    const { change, login } = await join();
    const verdicts = await Promise.all(['seven purple bicycles', 'eight yellow tractors'].map((password) => verdictOf(change(first, password))));
    expect(verdicts.sort()).toEqual(['OK', wrong]);
    expect([await login('seven purple bicycles'), await login('eight yellow tractors')].sort()).toEqual(['OK', wrong]);
  });

  it('leaves no session that a login with the old one opens meanwhile', async () => {
    const { email, change } = await join();
    const logins = Array.from({ length: 8 }, () => under.auth.login({ email, password: first }).catch(() => undefined));
    await change(first, 'seven purple bicycles');
    for (const session of await Promise.all(logins)) if (session) expect(await refresh(session)).toBe('UNAUTHENTICATED REFRESH_TOKEN_INVALID');
  });

  describe('is told as a security event', () => {
    const count = async () =>
      Number(
        /^auth_security_events_total\{event="password_changed"\} (\d+)$/m.exec(
          await (await fetch(`http://127.0.0.1:${under.app.adminPort}/metrics`)).text(),
        )![1],
      );

    it('each time', async () => {
      const { change } = await join();
      const before = await count();
      await change(first, 'seven purple bicycles');
      expect(await count()).toBe(before + 1);
    });

    it('once where the transaction is tried again', async () => {
      const { id, change } = await join();
      const run = (name: string, text: string) => under.database.query({ name, text });
      await run('create-failures', 'create sequence failures');
      await run(
        'create-fail-once',
        `create function fail_once() returns trigger language plpgsql as
         $$ begin if nextval('failures') = 1 then raise exception using errcode = '40001'; end if; return null; end $$`,
      );
      await run(
        'fail-commit-once',
        `create constraint trigger fail_once after update on credentials deferrable initially deferred
         for each row when (new.user_id = '${id}') execute function fail_once()`,
      );
      const before = await count();
      await change(first, 'seven purple bicycles');
      await run('drop-fail-once', 'drop function fail_once() cascade');
      expect(await run('read-failures', 'select last_value::int from failures')).toEqual([{ last_value: 2 }]);
      expect(await count()).toBe(before + 1);
    });
  });
});

describe('the last passwords of a person', () => {
  it('are not set again, as many as the setting says, and then are', async () => {
    const { id, change, login } = await join();
    const [second, third, fourth] = ['seven purple bicycles', 'eight yellow tractors', 'nine crimson lanterns'] as const;
    await expect(change(first, first)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'PASSWORD_REUSED',
      violations: [{ field: 'newPassword', reason: 'password.reused' }],
    });
    await change(first, second);
    await change(second, third);
    for (const used of [first, second, third]) expect([used, await verdictOf(change(third, used))]).toEqual([used, 'INVALID_ARGUMENT PASSWORD_REUSED']);
    await change(third, fourth);
    expect(await countRetired(id)).toBe(2);
    await change(fourth, first);
    expect(await login(first)).toBe('OK');
  });

  it('are gone with the person', async () => {
    const { id, change } = await join();
    await change(first, 'seven purple bicycles');
    expect(await countRetired(id)).toBe(1);
    await useFollowed(under).untilFollowing();
    under.users.change(id, 'USER_CHANGE_KIND_PURGED');
    await until(async () => (await countRetired(id)) === 0);
  });

  it('may all be set again where the setting is 0', async () => {
    const careless = await startAuth({ beside: under, settings: { AUTH_PASSWORD_HISTORY: '0' } });
    const { id, session } = await join();
    await careless.passwordsAs(session.accessToken).changePassword({ oldPassword: first, newPassword: first });
    expect(await countRetired(id)).toBe(0);
    await careless.close();
  });
});
