import type { Database, Statement } from '@gatehouse/postgres';
import { createTestDatabase, findSequentialScans, recordStatements, type TestDatabase } from '@gatehouse/postgres/testing';
import { randomUUID } from 'node:crypto';
import { migrationSets } from '../src/app';
import { createImportRepository } from '../src/postgres/import-repository';
import { purgeUsers } from '../src/postgres/purge-users';
import { createRoleRepository } from '../src/postgres/role-repository';
import { defineUserFields } from '../src/postgres/user-fields';
import { createUserLists, readUserOrder } from '../src/postgres/user-lists';
import { createUserLoader } from '../src/postgres/user-loader';
import { createUserRepository } from '../src/postgres/user-repository';
import { searchUsers } from '../src/postgres/user-search';
import { trigramStep } from '../src/postgres/user-search-steps';
import { emptyProfile } from '../src/user';
import { insertManyPeople, openDatabase } from './many-people';

const userFields = defineUserFields({ showDeleted: true, isCommonRole: () => true });
const bigTables = ['users', 'user_external_ids'];

describe('of twenty thousand people', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase(migrationSets);
    database = openDatabase(testDatabase.url);
    await insertManyPeople(database, 20_000);
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  /** What is run, and the sequential scans over the big tables in its plans. */
  async function scansOf(run: (recording: Database) => Promise<unknown>): Promise<{ statements: readonly Statement[]; scans: readonly unknown[] }> {
    const { database: recording, statements } = recordStatements(database);
    await run(recording);
    return { statements, scans: await findSequentialScans(database, statements, bigTables) };
  }
  const list = (filter: string, orderBy = '', showDeleted = false, rowKey?: readonly string[]) =>
    scansOf(async (recording) => (await createUserLists(recording).select({ filter, ordering: readUserOrder(orderBy), showDeleted })).page(51, rowKey));

  const filters: Readonly<Record<string, string>> = {
    id: `id = "${randomUUID()}"`,
    email: 'email = "ada.6*"',
    phone: 'phone = "+49301000002"',
    username: 'username = "user-9"',
    displayName: 'displayName = "Chen fam*"',
    givenName: 'givenName = "nobody"',
    familyName: 'familyName = family7',
    status: 'status = SUSPENDED',
    roleIds: 'roleIds:admin',
    createTime: 'createTime > "2026-01-14T00:00:00Z"',
    updateTime: 'updateTime > "2030-01-01T00:00:00Z"',
    deleteTime: 'deleteTime:*',
    purgeTime: 'purgeTime < "2026-02-01T00:00:00Z"',
  };

  it.each(userFields.names)('a list that is filtered by %s reads no table from end to end', async (name) => {
    for (const showDeleted of [false, true]) expect((await list(filters[name]!, '', showDeleted)).scans).toEqual([]);
  });

  it.each(userFields.names.filter((name) => userFields.find(name)!.field.sort))('a list in the order of %s reads an index', async (name) => {
    for (const direction of ['', ' desc']) {
      const orderBy = name + direction;
      const [row] = await (await createUserLists(database).select({ filter: '', ordering: readUserOrder(orderBy), showDeleted: true })).page(1, undefined);
      expect((await list('', orderBy)).scans).toEqual([]);
      expect((await list('', orderBy, true, row!.rowKey)).scans).toEqual([]);
    }
  });

  it('a search reads ranges of indexes, whatever is searched for and wherever it goes on', async () => {
    for (const query of ['ada.6@example.com', 'an', 'family77', 'amily77 hen', 'example.example', 'nna'])
      expect((await scansOf((recording) => searchUsers(recording, query, 20, undefined))).scans).toEqual([]);
    for (let step = 0; step <= trigramStep; step++)
      expect(
        (await scansOf((recording) => searchUsers(recording, 'family77', 20, { step, key: step === trigramStep ? '0.5' : 'a', id: randomUUID() }))).scans,
      ).toEqual([]);
  });

  it('an import finds whose its rows are', async () => {
    const keys = ['email ada.6@example.com', 'username user-9', 'external directory person-12'];
    const { statements, scans } = await scansOf((recording) =>
      recording.transaction(async (tx) => expect(await createImportRepository(tx).lockOwners(keys)).toHaveLength(3)),
    );
    expect(statements.map(({ name }) => name)).toContain('lock-owners');
    expect(scans).toEqual([]);
  });

  it('a purge finds those whose time has come', async () => {
    const { statements, scans } = await scansOf((recording) => purgeUsers(recording));
    expect(statements.map(({ name }) => name)).toContain('purge-users');
    expect(scans).toEqual([]);
  });

  it('who is named is found by what names them, and changed so', async () => {
    const id = randomUUID();
    const { statements, scans } = await scansOf(async (recording) => {
      const loader = createUserLoader(recording);
      await loader.findById(id);
      await loader.findByEmail('ada.6@example.com');
      await loader.findByExternalId('directory', 'person-6');
      await recording.transaction(async (tx) => {
        const users = createUserRepository(tx);
        const roles = createRoleRepository(tx);
        const profile = { ...emptyProfile, email: 'new@example.com', externalIds: [{ provider: 'okta', id: '1' }] };
        const created = await users.insert({ ...profile, id, roleIds: ['member'] });
        await users.update({ ...created!, externalIds: [{ provider: 'okta', id: '2' }] }, created!);
        await users.findById(id);
        await users.findByIds([id]);
        await users.findByEmail('ada.6@example.com');
        await users.lock(id);
        await users.hasOtherAdministrator(id);
        await users.recordLastSeen([{ userId: id, time: new Date() }]);
        await roles.isInUse('admin');
        await roles.isInUse('nobodys');
        await roles.permissionsOf(['member']);
      });
    });
    expect(statements.length).toBeGreaterThan(14);
    expect(scans).toEqual([]);
  });

  describe('of whom so few administer, and have a phone, that statistics know of none', () => {
    beforeAll(async () => {
      const few = 'case when id = (select min(id::text)::uuid from users where delete_time is null) then';
      await database.query({
        name: 'leave-few',
        text: `update users set roles = ${few} '{admin,member}'::text[] else '{member}' end, phone = ${few} '+4930123' else '' end`,
      });
      await database.query({ name: 'vacuum-people', text: 'vacuum analyze users' });
    });

    it.each(['roleIds:admin', 'roleIds:nobody', 'roleIds:member roleIds:admin', 'phone:*'])('a list of %s looks at them alone', async (filter) => {
      for (const orderBy of ['', 'email desc', 'familyName, createTime desc'])
        expect(
          await rowsLookedAt(async (recording) =>
            (await createUserLists(recording).select({ filter, ordering: readUserOrder(orderBy), showDeleted: false })).page(2, undefined),
          ),
        ).toBeLessThan(10);
    });

    /** How many rows of people the statements come to, those that they pass over included. */
    async function rowsLookedAt(run: (recording: Database) => Promise<unknown>): Promise<number> {
      const { statements } = await scansOf(run);
      let rows = 0;
      for (const [index, { text, values }] of statements.filter((each) => each.text.includes('from users')).entries()) {
        const explain = { name: `analyze-${index}`, isPrepared: false, text: `explain (analyze, format json) ${text}`, values };
        const [explained] = await database.query<{ 'QUERY PLAN': readonly { readonly Plan: AnalysedNode }[] }>(explain);
        rows += toRows(explained!['QUERY PLAN'][0]!.Plan);
      }
      return rows;
    }
  });
});

interface AnalysedNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly AnalysedNode[];
}
const toRows = (node: AnalysedNode): number =>
  (node['Relation Name'] === 'users' ? node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) : 0) +
  (node.Plans ?? []).reduce((sum, each) => sum + toRows(each), 0);
