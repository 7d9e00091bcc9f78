import { type Database, createDatabase } from './database';
import { type MigrationSet, findPendingMigrations, migrate } from './migrate';
import { type TestDatabase, createTestDatabase } from './testing';

const first = { name: '0001_create_things', sql: 'create table things (id int primary key); create index things_by_id on things (id)' };
const second = { name: '0002_fill_things', sql: 'insert into things select generate_series(1, 3)' };
const setOf = (...migrations: MigrationSet['migrations'][number][]): readonly MigrationSet[] => [{ name: 'thing', migrations }];

describe('migrations', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  const run = (sets: readonly MigrationSet[]) => migrate({ url: testDatabase.url, sets });
  const count = async () => (await database.query<{ count: number }>({ name: 'count', text: 'select count(*)::int as count from things' }))[0]?.count;

  beforeEach(async () => {
    testDatabase = await createTestDatabase();
    database = createDatabase({ url: testDatabase.url, applicationName: 'test' });
  });
  afterEach(async () => {
    await database.close();
    await testDatabase.drop();
  });

  it('are applied in order, each once', async () => {
    expect(await findPendingMigrations(database, setOf(first, second))).toEqual(['thing/0001_create_things', 'thing/0002_fill_things']);
    expect(await run(setOf(first))).toEqual(['thing/0001_create_things']);
    expect(await findPendingMigrations(database, setOf(first, second))).toEqual(['thing/0002_fill_things']);
    expect(await run(setOf(first, second))).toEqual(['thing/0002_fill_things']);
    expect(await run(setOf(first, second))).toEqual([]);
    expect(await findPendingMigrations(database, setOf(first, second))).toEqual([]);
    expect(await count()).toBe(3);
  });

  it('are applied once by several at the same time', async () => {
    const applied = await Promise.all(Array.from({ length: 5 }, () => run(setOf(first, second))));
    expect(applied.flat().sort()).toEqual(['thing/0001_create_things', 'thing/0002_fill_things']);
    expect(await count()).toBe(3);
  });

  it('leave nothing of one that fails, and keep what was before it', async () => {
    const broken = { name: '0003_break', sql: 'delete from things; insert into nowhere values (1)' };
    await expect(run(setOf(first, second, broken))).rejects.toThrow(/^migration thing\/0003_break failed and was rolled back: relation "nowhere" does not exist$/);
    expect(await count()).toBe(3);
    expect(await run(setOf(first, second, { ...broken, sql: 'delete from things' }))).toEqual(['thing/0003_break']);
    expect(await count()).toBe(0);
  });

  it('keep the books of each set apart', async () => {
    await run(setOf(first));
    const other: MigrationSet = { name: 'other', migrations: [{ name: '0001_create_things', sql: 'create table other_things (id int)' }] };
    expect(await run([...setOf(first), other])).toEqual(['other/0001_create_things']);
  });

  it('refuse one that was changed or removed after it was applied', async () => {
    await run(setOf(first, second));
    const changed = setOf(first, { ...second, sql: 'select 1' });
    await expect(run(changed)).rejects.toThrow('thing/0002_fill_things has changed since it was applied');
    await expect(findPendingMigrations(database, changed)).rejects.toThrow('thing/0002_fill_things has changed');
    await expect(run(setOf(first))).rejects.toThrow('thing/0002_fill_things, which this version does not know');
  });

  it('of the next version do not trouble the one that still runs', async () => {
    await run(setOf(first, second));
    expect(await findPendingMigrations(database, setOf(first))).toEqual([]);
  });
});
