import { descriptorSet, RoleServiceDefinition, type User, type UserChange, UserChangeKind, UserStatus } from '@gatehouse/contracts/user';
import { createChannel, createClient } from '@gatehouse/rpc';
import { randomInt, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { asImporter, importRows } from './bulk-under-test';
import { adminId, startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let database: Client;
let channel: ReturnType<typeof createChannel>;
let admin: ReturnType<UserUnderTest['as']>;
let auth: ReturnType<UserUnderTest['as']>;
let roles: ReturnType<typeof createClient<RoleServiceDefinition>>;
beforeAll(async () => {
  user = await startUser(undefined, { overrides: { purgeEveryMs: 20 } });
  database = new Client({ connectionString: user.databaseUrl });
  await database.connect();
  const permissions = ['create', 'read', 'update', 'delete', 'suspend', 'setRoles'].map((each) => `users.${each}`);
  const token = await user.issuer.accessToken({
    id: adminId,
    permissions: [...permissions, 'roles.create', 'roles.update', 'roles.delete', 'roles.escalate'],
  });
  admin = user.as(token);
  auth = await user.asService();
  channel = createChannel({ target: user.target, descriptorSets: [descriptorSet] });
  roles = createClient(RoleServiceDefinition, channel, { credentials: async () => token });
});
afterAll(async () => {
  channel.close();
  await database.end();
  await user.close();
});

let count = 0;
const create = (): Promise<User> => admin.createUser({ email: `person-${count++}@example.com` });
/** The place that is reached now. */
async function cursorOfNow(): Promise<string> {
  for await (const { cursor } of auth.watchUserChanges({})) return cursor;
  throw new Error('no response');
}
/** What is told after a cursor, until a person is created of whom nothing else is told. */
async function changesAfter(cursor: string): Promise<UserChange[]> {
  const { id } = await create();
  const told: UserChange[] = [];
  for await (const { changes } of auth.watchUserChanges({ cursor }))
    for (const change of changes) {
      if (change.userId === id) return told;
      told.push(change);
    }
  throw new Error('the stream ended');
}
/** What is told of something that is done. */
async function told(act: () => Promise<unknown>): Promise<UserChange[]> {
  const cursor = await cursorOfNow();
  await act();
  return changesAfter(cursor);
}
const kindsOf = (changes: readonly UserChange[]) => changes.map(({ kind }) => UserChangeKind[kind].replace('USER_CHANGE_KIND_', ''));
const latest = async (id: string) => (await auth.resolvePerson({ person: { $case: 'id', value: id } })).user!;

/** Each method that changes a person, with what it tells. */
const writes: readonly (readonly [kind: string, name: string, prepare: (id: string) => Promise<unknown>, act: (id: string) => Promise<unknown>])[] = [
  ['UPDATED', 'UpdateUser', async () => {}, (id) => admin.updateUser({ user: { id, displayName: randomUUID() } })],
  ['SUSPENDED', 'SuspendUser', async () => {}, (id) => admin.suspendUser({ id })],
  ['REINSTATED', 'ReinstateUser', (id) => admin.suspendUser({ id }), (id) => admin.reinstateUser({ id })],
  ['DELETED', 'DeleteUser', async () => {}, (id) => admin.deleteUser({ id })],
  ['UNDELETED', 'UndeleteUser', (id) => admin.deleteUser({ id }), (id) => admin.undeleteUser({ id })],
  ['ROLES_SET', 'SetUserRoles', async () => {}, (id) => admin.setUserRoles({ id, roleIds: [] })],
];

it.each(writes)(
  'a person is %s: %s tells just that, with the revision and the status after it, and nothing where nothing is changed',
  async (kind, _name, prepare, act) => {
    const { id } = await create();
    await prepare(id);
    const changes = await told(() => act(id));
    const { revision, status, updateTime } = await latest(id);
    expect(changes).toEqual([{ kind: UserChangeKind[`USER_CHANGE_KIND_${kind}` as never], userId: id, revision, status, time: updateTime, roleId: '' }]);
    if (kind !== 'UPDATED') expect(await told(() => act(id))).toEqual([]);
  },
);

it('a person who is created is told of once, however often the request comes', async () => {
  const request = { email: 'once@example.com', requestId: randomUUID() };
  const changes = await told(async () => {
    for (let repetition = 0; repetition < 3; repetition++) await admin.createUser(request);
  });
  expect(changes).toMatchObject([{ kind: UserChangeKind.USER_CHANGE_KIND_CREATED, revision: 1n, status: UserStatus.USER_STATUS_ACTIVE }]);
});

it('an administrator is told of as made, and once they are restored, as that', async () => {
  const person = { email: 'chief@example.com', userId: randomUUID() };
  expect(kindsOf(await told(() => auth.ensureAdministrator(person)))).toEqual(['CREATED']);
  expect(kindsOf(await told(() => auth.ensureAdministrator(person)))).toEqual([]);
  await auth.ensureAdministrator({ email: 'other-chief@example.com', userId: randomUUID() });
  await admin.suspendUser({ id: person.userId });
  expect(kindsOf(await told(() => auth.ensureAdministrator(person)))).toEqual(['REINSTATED']);
});

it('of people who are imported each is told of once, and who stays as they are is not', async () => {
  const importer = await asImporter(user);
  const rows = [{ email: 'row-1@example.com' }, { email: 'row-2@example.com', status: UserStatus.USER_STATUS_SUSPENDED }];
  const first = await told(() => importRows(importer, rows));
  expect(kindsOf(first)).toEqual(['CREATED', 'CREATED']);
  expect(first.map(({ status }) => status).sort()).toEqual([UserStatus.USER_STATUS_ACTIVE, UserStatus.USER_STATUS_SUSPENDED]);
  const again = await told(() => importRows(importer, [{ ...rows[0], status: UserStatus.USER_STATUS_SUSPENDED }, rows[1]!, { email: 'row-1@example.com' }]));
  expect(again).toMatchObject([{ kind: UserChangeKind.USER_CHANGE_KIND_SUSPENDED, revision: 2n, status: UserStatus.USER_STATUS_SUSPENDED }]);
  expect(await told(() => importRows(importer, [{ email: 'row-3@example.com' }], { dryRun: true }))).toEqual([]);
});

it('who is purged is told of, with the revision after their last one', async () => {
  const { id } = await create();
  await admin.deleteUser({ id });
  const changes = await told(async () => {
    await database.query('update users set purge_time = now() where id = $1', [id]);
    while ((await verdictOf(admin.getUser({ id }))) === 'OK') await new Promise((later) => setTimeout(later, 20));
  });
  expect(changes).toMatchObject([{ kind: UserChangeKind.USER_CHANGE_KIND_PURGED, userId: id, revision: 3n, status: UserStatus.USER_STATUS_DELETED }]);
});

it('a role that permits something else, or is gone, is told of by its id, another title is not', async () => {
  const roleId = 'editor';
  const changes = await told(async () => {
    await roles.createRole({ roleId, role: { title: 'Editor', permissions: ['texts.write'] } });
    await roles.updateRole({ role: { id: roleId, title: 'Writer' } });
    await roles.updateRole({ role: { id: roleId, permissions: ['texts.write', 'texts.read'] } });
    await roles.deleteRole({ id: roleId });
  });
  expect(changes.map(({ roleId: id, userId, time }) => [id, userId, time instanceof Date])).toEqual([
    [roleId, '', true],
    [roleId, '', true],
  ]);
  expect(kindsOf(changes)).toEqual(['ROLE_CHANGED', 'ROLE_CHANGED']);
});

it('of what is validated only, refused or rolled back nothing is told', async () => {
  const { id, email } = await create();
  const changes = await told(async () => {
    await admin.createUser({ email: 'perhaps@example.com', validateOnly: true });
    await admin.updateUser({ user: { id, displayName: 'Perhaps' }, validateOnly: true });
    expect(await verdictOf(admin.createUser({ email }))).toBe('ALREADY_EXISTS EMAIL_TAKEN');
    expect(await verdictOf(admin.suspendUser({ id, etag: '"77"' }))).toMatch('ETAG_MISMATCH');
    // the commit itself fails, after the event was appended
    await database.query(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
      create constraint trigger refuse after update on users deferrable initially deferred for each row execute function refuse()`);
    expect(await verdictOf(admin.suspendUser({ id }))).not.toBe('OK');
    await database.query('drop trigger refuse on users; drop function refuse');
  });
  expect(changes).toEqual([]);
});

it('what is told, and kept to be told, holds nothing of a person but their id', async () => {
  await told(() => admin.createUser({ email: 'secret@example.com', displayName: 'A secret name', phone: '+4915112345678' }));
  const { rows } = await database.query(`select type || encode(payload, 'escape') as text from outbox_events`);
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.map(({ text }) => text).join()).not.toMatch(/secret|4915112345678|example/);
});

it('concurrent changes are told each once, and to each follower in the same order', async () => {
  const people = await Promise.all(Array.from({ length: 5 }, create));
  const cursor = await cursorOfNow();
  // one that is cut again and again, and goes on where it was
  const follow = async (isCut: boolean): Promise<UserChange[]> => {
    const seen: UserChange[] = [];
    for (let at = cursor; ;) {
      for await (const response of auth.watchUserChanges({ cursor: at })) {
        seen.push(...response.changes);
        at = response.cursor;
        if (seen.filter(({ kind }) => kind === UserChangeKind.USER_CHANGE_KIND_UPDATED).length === 300) return seen;
        if (isCut && randomInt(3) === 0) break;
      }
    }
  };
  const followers = [follow(false), follow(true)];
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let round = 0; round < 30; round++) await admin.updateUser({ user: { id: people[randomInt(5)]!.id, displayName: randomUUID() } });
    }),
  );
  const [seen, again] = await Promise.all(followers);
  expect(again).toEqual(seen);
  for (const { id } of people) {
    const revisions = seen!
      .filter(({ userId }) => userId === id)
      .map(({ revision }) => revision)
      .sort((one, other) => Number(one - other));
    expect(revisions).toEqual(revisions.map((_, index) => BigInt(index + 2)));
    expect(revisions.at(-1)).toBe((await latest(id)).revision);
  }
});

it('a cursor that is none, or older than what is kept, is refused as expired', async () => {
  const first = async (cursor: string) => {
    for await (const _ of auth.watchUserChanges({ cursor })) return;
  };
  const cursor = await cursorOfNow();
  expect(await verdictOf(first('made-up'))).toBe('OUT_OF_RANGE CURSOR_EXPIRED');
  await create();
  await database.query('delete from outbox_events');
  expect(await verdictOf(first(cursor))).toBe('OUT_OF_RANGE CURSOR_EXPIRED');
});

it('is for auth alone', async () => {
  const watch = async (client: ReturnType<UserUnderTest['as']>) => {
    for await (const _ of client.watchUserChanges({})) return;
  };
  expect(await verdictOf(watch(user.as()))).toBe('UNAUTHENTICATED TOKEN_MISSING');
  expect(await verdictOf(watch(admin))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
  expect(await verdictOf(watch(await user.asService('gateway')))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
});

it('its followers are counted, and how far they are behind', async () => {
  const read = async (name: string) => {
    const text = await (await fetch(`http://127.0.0.1:${user.app.adminPort}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  };
  for await (const _ of auth.watchUserChanges({})) {
    expect(await read('user_feed_followers')).toBe(1);
    break;
  }
  while ((await read('user_feed_followers')) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await read('user_feed_lag_seconds')).toBeGreaterThanOrEqual(0);
});
