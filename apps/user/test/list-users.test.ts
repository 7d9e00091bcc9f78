import type { ListUsersRequest, User } from '@gatehouse/contracts/user';
import type { Database } from '@gatehouse/postgres';
import type { PartialMessage, RpcClient } from '@gatehouse/rpc';
import type { UserServiceDefinition } from '@gatehouse/contracts/user';
import { insertManyPeople, openDatabase } from './many-people';
import { startUser, type UserUnderTest, verdictOf } from './user-under-test';

const count = 300;
let user: UserUnderTest;
let database: Database;
let admin: RpcClient<UserServiceDefinition>;
let everyone: readonly User[];
beforeAll(async () => {
  user = await startUser();
  database = openDatabase(user.databaseUrl);
  await insertManyPeople(database, count);
  admin = await user.asAdmin();
  everyone = await readAll({ showDeleted: true });
});
afterAll(async () => {
  await database.close();
  await user.close();
});

/** Everyone that a request lists, by pages of 70. */
async function readAll(request: PartialMessage<ListUsersRequest>): Promise<readonly User[]> {
  const found: User[] = [];
  let pageToken = '';
  do {
    const page = await admin.listUsers({ pageSize: 70, ...request, pageToken });
    found.push(...page.users);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return found;
}
const idsOf = (users: readonly User[]) => users.map(({ id }) => id);
const [active, suspended, deleted] = [1, 2, 3];

describe('ListUsers by a filter', () => {
  it('lists everyone who is not deleted by id, and deleted people where they are asked for', async () => {
    expect(everyone).toHaveLength(count);
    expect(idsOf(everyone)).toEqual(idsOf(everyone).sort());
    expect(idsOf(await readAll({}))).toEqual(idsOf(everyone.filter(({ status }) => status !== deleted)));
  });

  const someone = 'anna.7@example.com';
  it.each<[string, (person: User) => boolean]>([
    [`email = "${someone.toUpperCase()}"`, ({ email }) => email === someone],
    [`email != ${someone}`, ({ email }) => email !== someone],
    ['email = "anna*"', ({ email }) => email.startsWith('anna')],
    ['email < "b" AND email >= "anna.2"', ({ email }) => email < 'b' && email >= 'anna.2'],
    ['id = 01900000-0000-7000-8000-000000000010', ({ id }) => id.endsWith('10') && id.endsWith('0010')],
    ['phone = "+49301000010"', ({ phone }) => phone === '+49301000010'],
    ['phone:*', ({ phone }) => phone !== ''],
    ['NOT phone:*', ({ phone }) => phone === ''],
    ['username = "USER-9"', ({ username }) => username === 'user-9'],
    ['username:* username != user-9', ({ username }) => username !== '' && username !== 'user-9'],
    ['display_name = "ANNA FAMILY1*"', ({ displayName }) => displayName.startsWith('anna family1')],
    ['givenName > "chen" givenName <= omar', ({ givenName }) => givenName > 'chen' && givenName <= 'omar'],
    ['-givenName = omar', ({ givenName }) => givenName !== 'omar'],
    ['familyName:*', () => true],
    ['status = SUSPENDED', ({ status }) => status === suspended],
    ['status != USER_STATUS_SUSPENDED', ({ status }) => status !== suspended],
    ['status != ACTIVE', ({ status }) => status !== active],
    ['status = DELETED', ({ status }) => status === deleted],
    ['NOT status = ACTIVE', ({ status }) => status !== active],
    ['roleIds:admin OR role_ids:nobodys', ({ roleIds }) => roleIds.includes('admin')],
    ['NOT roleIds:admin', ({ roleIds }) => !roleIds.includes('admin')],
    ['create_time >= "2026-01-01T02:00:00+01:00"', ({ createTime }) => createTime! >= new Date('2026-01-01T01:00:00Z')],
    ['deleteTime:*', ({ status }) => status === deleted],
    ['purgeTime < 2026-07-02T00:00:00Z', ({ status }) => status === deleted],
    ['status = ACTIVE AND givenName = ada OR givenName = lea', ({ status, givenName }) => status === active && ['ada', 'lea'].includes(givenName)],
    ['displayName = "\' or 1=1 --"', () => false],
    [String.raw`displayName = "\"; drop table users; $1"`, () => false],
    ['displayName = "%"', () => false],
  ])('%s', async (filter, holds) => {
    const expected = everyone.filter(holds);
    expect(idsOf(await readAll({ filter, showDeleted: true }))).toEqual(idsOf(expected));
    expect(idsOf(await readAll({ filter }))).toEqual(idsOf(expected.filter(({ status }) => status !== deleted)));
  });

  it('folds the case of all letters of a name', async () => {
    const zoe = await admin.createUser({ email: 'zoe@example.com', displayName: 'Zoë Öztürk', familyName: 'Öztürk' });
    expect(idsOf(await readAll({ filter: 'familyName = "ÖZTÜRK" displayName = "ZOË ö*"' }))).toEqual([zoe.id]);
  });

  it.each([
    ['lastSeenTime > "2026-01-01T00:00:00Z"', 'filter.unknown_field', /^at character 1: .*there are id, email, .*purgeTime$/],
    ['status = ACTIVE AND private_metadata.plan = pro', 'filter.unknown_field', /^at character 21: /],
    ['status = NOBODY', 'filter.value', /^at character 10: .*ACTIVE, SUSPENDED, DELETED/],
    ['status != NOBODY', 'filter.value', /^at character 11: /],
    ['roleIds = admin', 'filter.unsupported_operator', /^at character 9: /],
    ['status < ACTIVE', 'filter.unsupported_operator', /^at character 8: /],
    ['id = 7', 'filter.value', /^at character 6: /],
    ['email = "ada', 'filter.syntax', /^at character 9: /],
    ['ada', 'filter.bare_literal', /^at character 1: /],
  ])('%s is refused, and told where it is wrong', async (filter, reason, description) => {
    const error = await admin.listUsers({ filter }).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', violations: [{ field: 'filter', reason, description: expect.stringMatching(description) }] });
  });

  it('is told about how many there are', async () => {
    const { estimatedTotalSize } = await admin.listUsers({ pageSize: 1 });
    expect(estimatedTotalSize).toBeGreaterThan(count / 2);
    expect(estimatedTotalSize).toBeLessThan(count * 2);
    expect((await admin.listUsers({ filter: 'email = nobody' })).estimatedTotalSize).toBeLessThan(20);
  });
});

describe('ListUsers in an order', () => {
  const by =
    (...keys: ((person: User) => string | number)[]) =>
    (left: User, right: User) => {
      for (const key of keys) if (key(left) !== key(right)) return key(left) < key(right) ? -1 : 1;
      return 0;
    };
  it.each<[string, (left: User, right: User) => number]>([
    ['id desc', (left, right) => -by(({ id }) => id)(left, right)],
    [
      'given_name, create_time desc',
      by(
        ({ givenName }) => givenName,
        ({ createTime }) => -createTime!.getTime(),
      ),
    ],
    [
      'familyName, email',
      by(
        ({ familyName }) => familyName,
        ({ email }) => email,
      ),
    ],
    ['update_time, display_name desc, id', (left, right) => -by(({ displayName }) => displayName)(left, right)],
  ])('%s', async (orderBy, compare) => {
    expect(idsOf(await readAll({ orderBy, filter: 'create_time < "2026-02-01T00:00:00Z"', showDeleted: true }))).toEqual(idsOf([...everyone].sort(compare)));
  });

  it('refuses an order that no index has, and one that is none', async () => {
    for (const orderBy of ['phone', 'status', 'metadata', 'id up', 'id, id', 'id; drop table users'])
      expect(await verdictOf(admin.listUsers({ orderBy }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED orderBy');
  });
});

describe('a page token of ListUsers', () => {
  const request = { filter: 'givenName = lea', orderBy: 'family_name desc', showDeleted: true };

  it('goes on after the last person, whoever comes, goes or is renamed meanwhile', async () => {
    const before = await readAll(request);
    const first = await admin.listUsers({ ...request, pageSize: 10 });
    const gone = before[9]!.id;
    await admin.updateUser({ user: { id: gone, givenName: 'Leonie' }, updateMask: ['given_name'] });
    const late = await admin.createUser({ email: 'late@example.com', givenName: 'Lea', familyName: 'Aaa' });
    const rest: User[] = [];
    for (let { nextPageToken: pageToken } = first; pageToken;) {
      const page = await admin.listUsers({ ...request, pageSize: 7, pageToken });
      rest.push(...page.users);
      pageToken = page.nextPageToken;
    }
    expect(idsOf([...first.users, ...rest])).toEqual([...idsOf(before), late.id]);
  });

  it('is refused where it is none, of another query or of another list', async () => {
    const { nextPageToken } = await admin.listUsers({ ...request, pageSize: 1 });
    const { nextPageToken: ofSearch } = await admin.searchUsers({ query: 'example', pageSize: 1 });
    const [head, tail] = [nextPageToken.slice(0, 30), nextPageToken.slice(31)];
    const otherVersion = Buffer.from(nextPageToken, 'base64url').fill(9, 0, 1).toString('base64url');
    const ofFirstRelease = Buffer.alloc(16, 7).toString('base64url');
    expect(ofSearch).not.toBe('');
    for (const pageToken of ['x', '%'.repeat(22), ofFirstRelease, otherVersion, `${head}${nextPageToken[30] === 'A' ? 'B' : 'A'}${tail}`, ofSearch])
      expect(await verdictOf(admin.listUsers({ ...request, pageToken }))).toBe('INVALID_ARGUMENT PAGE_TOKEN_INVALID pageToken');
    for (const other of [{ filter: 'givenName = ada' }, { orderBy: 'family_name' }, { showDeleted: false }])
      expect(await verdictOf(admin.listUsers({ ...request, ...other, pageToken: nextPageToken }))).toBe('INVALID_ARGUMENT PAGE_TOKEN_INVALID pageToken');
    expect(await verdictOf(admin.listUsers({ ...request, orderBy: 'familyName desc, id desc', pageToken: nextPageToken }))).toBe('OK');
  });

  it('tells nobody who the last person was', async () => {
    const { users, nextPageToken } = await admin.listUsers({ orderBy: 'email', pageSize: 1 });
    expect(Buffer.from(nextPageToken, 'base64url').toString('latin1')).not.toContain(users[0]!.email.slice(0, 4));
  });

  it('goes with pages of any size: 50 where none is asked for, 200 at most', async () => {
    expect((await admin.listUsers({})).users).toHaveLength(50);
    expect((await admin.listUsers({ pageSize: 1_000 })).users).toHaveLength(200);
    expect(await verdictOf(admin.listUsers({ pageSize: -1 }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED pageSize');
  });
});
