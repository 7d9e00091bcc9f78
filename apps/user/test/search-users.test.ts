import type { UserServiceDefinition } from '@gatehouse/contracts/user';
import type { Database } from '@gatehouse/postgres';
import type { RpcClient } from '@gatehouse/rpc';
import { insertManyPeople, openDatabase } from './many-people';
import { startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let database: Database;
let admin: RpcClient<UserServiceDefinition>;
beforeAll(async () => {
  user = await startUser();
  database = openDatabase(user.databaseUrl);
  admin = await user.asAdmin();
});
afterAll(async () => {
  await database.close();
  await user.close();
});

/** The emails of those that are found, page by page, without what comes after `@`. */
async function find(query: string, pageSize = 3): Promise<readonly string[]> {
  const found: string[] = [];
  let pageToken = '';
  do {
    const page = await admin.searchUsers({ query, pageSize, pageToken });
    found.push(...page.users.map(({ email }) => email.split('@')[0]!));
    pageToken = page.nextPageToken;
  } while (pageToken);
  return found;
}

describe('SearchUsers', () => {
  beforeAll(async () => {
    for (const [name, rest] of Object.entries({
      whole: { displayName: 'Özge' },
      begins: { displayName: 'Özgenur Ak', givenName: 'Özgenur' },
      contains: { displayName: 'Nur-Özge Yıldız', familyName: 'Yildiz' },
      ozge: { username: 'zeynep' },
      'a_b%c': { displayName: String.raw`50% of_a\b` },
      'a-b-c': { displayName: '500 of a/b' },
      'zeynep.k': { displayName: 'K' },
    }))
      await admin.createUser({ email: `${name}@example.com`, ...rest });
  });

  it('finds first whose name it is, then whose begins with it, then whose contains it, by the case of no letter', async () => {
    for (const query of ['özge', 'ÖZGE']) expect(await find(query)).toEqual(['whole', 'begins', 'contains']);
    expect((await find('öz')).slice(0, 2)).toEqual(['whole', 'begins']);
    expect(await find('Zeynep')).toEqual(['ozge', 'zeynep.k']);
    expect(await find('zeynep.k@example.com')).toEqual(['zeynep.k']);
  });

  it('finds words in any order, and people by a part of an email', async () => {
    expect(await find('ldız nur')).toEqual(['contains']);
    expect(await find('eynep.k@exa')).toEqual(['zeynep.k']);
    expect(await find('nobody at all')).toEqual([]);
  });

  it('takes each sign for itself', async () => {
    expect(await find('50%')).toEqual(['a_b%c']);
    expect(await find('a_b')).toEqual(['a_b%c']);
    expect(await find(String.raw`50% _a\b`)).toEqual(['a_b%c']);
    expect(await find('%%')).toEqual([]);
    expect(await find("' or 1=1 --")).toEqual([]);
  });

  it('finds nobody who is deleted, and a change as soon as it is answered', async () => {
    const passing = await admin.createUser({ email: 'passing@example.com', displayName: 'Passing By' });
    expect(await find('passing')).toEqual(['passing']);
    await admin.updateUser({ user: { id: passing.id, displayName: 'Renamed Person' }, updateMask: ['display_name'] });
    expect(await find('named pers')).toEqual(['passing']);
    await database.query({ name: 'delete-softly', text: 'update users set delete_time = now(), purge_time = now() where id = $1', values: [passing.id] });
    for (const query of ['passing', 'passing@example.com', 'named pers']) expect(await find(query)).toEqual([]);
  });

  it('refuses what is too short, and a token of another query or another method', async () => {
    expect(await verdictOf(admin.searchUsers({ query: 'a' }))).toBe('INVALID_ARGUMENT VALIDATION_FAILED query');
    const { nextPageToken: pageToken } = await admin.searchUsers({ query: 'example', pageSize: 1 });
    expect(Buffer.from(pageToken, 'base64url').toString('latin1')).not.toContain('example');
    const { nextPageToken: ofList } = await admin.listUsers({ pageSize: 1 });
    for (const [query, token] of [
      ['other', pageToken],
      ['example', ofList],
      ['example', 'x'],
    ] as const)
      expect(await verdictOf(admin.searchUsers({ query, pageToken: token }))).toBe('INVALID_ARGUMENT PAGE_TOKEN_INVALID pageToken');
  });

  it('is for administrators', async () => {
    expect(await verdictOf((await user.asService()).searchUsers({ query: 'ada' }))).toBe('PERMISSION_DENIED PERMISSION_DENIED');
    expect(await verdictOf(user.as().searchUsers({ query: 'ada' }))).toBe('UNAUTHENTICATED TOKEN_MISSING');
  });
});

describe('SearchUsers among thousands', () => {
  beforeAll(() => insertManyPeople(database, 6_000));

  it('gives everyone who begins with it once, though people come and change between its pages', async () => {
    const found: string[] = [];
    let pageToken = '';
    for (let pages = 0; !pages || pageToken; pages++) {
      const page = await admin.searchUsers({ query: 'lea', pageSize: 100, pageToken });
      found.push(...page.users.map(({ id }) => id));
      pageToken = page.nextPageToken;
      if (pages % 4) continue;
      await admin.createUser({ email: `lea.late-${pages}@example.com`, displayName: `Lea Late ${pages}` });
      await admin.updateUser({ user: { id: found[0]!, locale: 'de' }, updateMask: ['locale'] });
    }
    expect(new Set(found).size).toBe(found.length);
    // of a thousand, twenty are deleted
    expect(found.filter((id) => id.startsWith('01900000-'))).toHaveLength(980);
  });

  it('looks at some of the newest alone for what nearly all contain, and finds all of what few do', async () => {
    expect(await find('amily77 hen', 100)).toHaveLength(4);
    const common = await find('xample', 100);
    expect(common).toHaveLength(300);
    expect(new Set(common).size).toBe(300);
    expect(await find('example.example', 100)).toEqual([]);
  });
});
