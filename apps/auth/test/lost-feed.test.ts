import { tokenExpired } from '@gatehouse/contracts/api';
import { Writable } from 'node:stream';
import { type AuthUnderTest, startAuth, until } from './auth-under-test';
import { active, deleted, suspended, useFollowed } from './followed-people';

let under: AuthUnderTest;
let followed: ReturnType<typeof useFollowed>;
let log: string;
beforeEach(async () => {
  log = '';
  const logStream = new Writable({
    write(chunk, _, done) {
      log += chunk;
      done();
    },
  });
  under = await startAuth({ settings: { LOG_LEVEL: 'info' }, overrides: { logStream } });
  followed = useFollowed(under);
  await followed.untilFollowing();
  await followed.untilApplied();
  // the keys of auth were not known to user at once
  log = '';
});
afterEach(() => under.close());

const logged = (text: string) => log.split('\n').filter((line) => line.includes(text)).length;
const suspend = (id: string, isSilent = false) => under.users.change(id, 'USER_CHANGE_KIND_SUSPENDED', { status: suspended }, isSilent);
const resyncs = async () => (await followed.query<{ resync_time: Date }>('read-resync', 'select resync_time from user_feed'))[0]!.resync_time.getTime();

it('a stream that ends with its token is taken up where it was, and nobody is told', async () => {
  const people = [await followed.enter('ada'), await followed.enter('bob'), await followed.enter('cy')];
  for (const { id } of people) {
    under.users.feed.cut(tokenExpired());
    suspend(id);
    await until(() => under.users.feed.followers() === 0);
    await followed.untilKnown(id, 'suspended', 2n);
  }
  expect(under.users.feed.begun()).toBeGreaterThan(3);
  expect(logged('change feed of user is lost')).toBe(0);
});

it('while user is away one line says so and auth stays ready; afterwards it goes on where it was, and one says that', async () => {
  const [ada, bob] = [await followed.enter('ada'), await followed.enter('bob')];
  const before = await resyncs();
  await under.users.stop();
  suspend(ada.id);
  await until(() => logged('change feed of user is lost') > 0);
  expect(await under.readyz()).toBe(200);
  await under.users.restart();
  await followed.untilKnown(ada.id, 'suspended', 2n);
  expect([await followed.liveSessions(ada.id), await followed.liveSessions(bob.id)]).toEqual([0, 1]);
  await until(() => logged('change feed of user is back') === 1);
  expect(logged('change feed of user is lost')).toBe(1);
  expect(await resyncs()).toBe(before);
});

it('what is told while the database of auth ends every connection is applied', async () => {
  const people = [];
  for (let count = 0; count < 5; count++) people.push(await followed.enter('ada'));
  for (const { id } of people) {
    suspend(id);
    await followed
      .query('end-connections', 'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()')
      .catch(() => {});
  }
  for (const { id } of people) await followed.untilKnown(id, 'suspended', 2n);
  for (const { id } of people) expect(await followed.liveSessions(id)).toBe(0);
});

describe('a cursor that is too old', () => {
  const expire = async () => {
    const before = await resyncs();
    under.users.feed.forget();
    under.users.feed.cut();
    return () => until(async () => (await resyncs()) > before);
  };

  it('has everybody compared: who was suspended, deleted or purged unheard has no session, everybody else keeps theirs', async () => {
    const [ada, bob, cy, dan, eve] = [
      await followed.enter('ada'),
      await followed.enter('bob'),
      await followed.enter('cy'),
      await followed.enter('dan'),
      await followed.enter('eve'),
    ];
    under.users.change(cy.id, 'USER_CHANGE_KIND_DELETED', { status: deleted });
    await followed.untilKnown(cy.id, 'deleted', 2n);
    suspend(ada.id, true);
    under.users.change(bob.id, 'USER_CHANGE_KIND_DELETED', { status: deleted }, true);
    under.users.change(cy.id, 'USER_CHANGE_KIND_PURGED', {}, true);
    under.users.change(dan.id, 'USER_CHANGE_KIND_UPDATED', {}, true);
    await (
      await expire()
    )();
    await until(async () => (await followed.kept(cy.id)).length === 0);
    expect(await Promise.all([ada, bob, cy, dan, eve].map(({ id }) => followed.liveSessions(id)))).toEqual([0, 0, 0, 1, 1]);
    expect(await followed.known(ada.id)).toMatchObject({ revision: '2', status: 'suspended' });
    expect(await followed.known(bob.id)).toMatchObject({ revision: '2', status: 'deleted' });
    expect([await followed.refresh(dan), await followed.refresh(eve)]).toEqual(['OK', 'OK']);
  });

  it('misses nothing that happens while everybody is compared', async () => {
    const [ada, bob] = [await followed.enter('ada'), await followed.enter('bob')];
    let isAsked = false;
    const release = Promise.withResolvers<void>();
    // how they are is read before, and told after
    const people = new Map(under.users.people);
    under.users.gates.beforeBatch = async () => {
      isAsked = true;
      await release.promise;
      for (const [id, user] of people) under.users.people.set(id, user);
    };
    const done = await expire();
    await until(() => isAsked);
    suspend(ada.id);
    release.resolve();
    await done();
    await followed.untilKnown(ada.id, 'suspended', 2n);
    expect([await followed.liveSessions(ada.id), await followed.liveSessions(bob.id)]).toEqual([0, 1]);
  });

  it('removes nobody who is unknown to user and was not deleted: it may have been restored, and one line says how many', async () => {
    const people = [await followed.enter('ada'), await followed.enter('bob'), await followed.enter('cy')];
    under.users.people.delete(people[0]!.id);
    under.users.people.delete(people[1]!.id);
    await (
      await expire()
    )();
    await until(() => logged('user does not know 2 of 3 people') === 1);
    for (const { id } of people) expect(await followed.kept(id)).toEqual(['credentials', 'sessions']);
  });

  it('of a user that was restored to an older state counts what it says, and what happens there since', async () => {
    const [ada, bob] = [await followed.enter('ada'), await followed.enter('bob')];
    for (const { id } of [ada, bob]) under.users.change(id, 'USER_CHANGE_KIND_ROLES_SET');
    for (const { id } of [ada, bob]) under.users.change(id, 'USER_CHANGE_KIND_ROLES_SET');
    suspend(ada.id);
    await followed.untilKnown(ada.id, 'suspended', 4n);
    const { refreshToken } = await followed.login(bob.email);
    for (const { id } of [ada, bob]) under.users.people.set(id, { ...under.users.people.get(id)!, status: active, revision: 1n });
    await (
      await expire()
    )();
    expect(await followed.login(ada.email)).toMatchObject({ user: { id: ada.id } });
    expect(await followed.refresh({ refreshToken: refreshToken! })).toBe('OK');
    suspend(bob.id);
    await followed.untilKnown(bob.id, 'suspended', 2n);
    expect(await followed.liveSessions(bob.id)).toBe(0);
  });
});

it('of two replicas one follows; when it stops, the other goes on where it was', async () => {
  const other = await startAuth({ beside: under });
  const [ada, bob] = [await followed.enter('ada'), await followed.enter('bob')];
  suspend(ada.id);
  await followed.untilKnown(ada.id, 'suspended', 2n);
  expect([under.users.feed.followers(), under.users.feed.begun()]).toEqual([1, 2]);
  await under.app.close();
  suspend(bob.id);
  await followed.untilKnown(bob.id, 'suspended', 2n);
  expect(under.users.feed.followers()).toBe(1);
  expect(await followed.liveSessions(bob.id)).toBe(0);
  await other.close();
});

it('whoever lost the place without knowing writes nothing more', async () => {
  const ada = await followed.enter('ada');
  // as another process does once the place is free
  await followed.query('take-over', 'update user_feed set follower = $1', ['018f0000-0000-7000-8000-000000000001']);
  suspend(ada.id);
  await until(() => logged('change feed of user is lost') > 0);
  expect(log).toContain('another process follows');
  await followed.untilKnown(ada.id, 'suspended', 2n);
});
