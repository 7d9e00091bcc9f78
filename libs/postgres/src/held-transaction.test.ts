import { randomUUID } from 'node:crypto';
import { createDatabase, type Database } from './database';
import { holdTransaction } from './held-transaction';
import { createTestDatabase, type TestDatabase } from './testing';

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase([{ name: 'thing', migrations: [{ name: '0001_create_things', sql: 'create table things (value text)' }] }]);
  database = createDatabase({ url: testDatabase.url, applicationName: 'test' });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const insert = (value: string) => database.query({ name: 'insert-thing', text: 'insert into things values ($1)', values: [value] });
const count = { name: 'count-things', text: 'select count(*)::int as count from things' };
const snapshotReads = { isolation: 'repeatable read', isReadOnly: true } as const;
const exportSnapshot = () =>
  holdTransaction(
    database,
    async (tx) => (await tx.query<{ id: string }>({ name: 'export-snapshot', text: 'select pg_export_snapshot() as id' }))[0]!.id,
    snapshotReads,
  );
const countAt = (snapshot: string) => database.transaction(async (tx) => (await tx.query<{ count: number }>(count))[0]!.count, { ...snapshotReads, snapshot });

describe('a transaction that is held', () => {
  it('shows others what was there when it began, until it is released', async () => {
    const before = (await database.query<{ count: number }>(count))[0]!.count;
    const held = await exportSnapshot();
    await insert(randomUUID());
    for (let time = 0; time < 2; time++) expect(await countAt(held.value)).toBe(before);
    await held.release();
    await expect(countAt(held.value)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect((await database.query<{ count: number }>(count))[0]!.count).toBe(before + 1);
  });

  it('holds a lock until it is released', async () => {
    const tryLock = { name: 'try-lock', text: 'select pg_try_advisory_xact_lock(7) as locked' };
    const held = await holdTransaction(database, (tx) => tx.query(tryLock));
    expect(await database.query(tryLock)).toEqual([{ locked: false }]);
    await held.release();
    expect(await database.query(tryLock)).toEqual([{ locked: true }]);
  });

  it('can be released though its connection was lost', async () => {
    const held = await holdTransaction(database, (tx) => tx.query<{ pid: number }>({ name: 'pid', text: 'select pg_backend_pid() as pid' }));
    await database.query({ name: 'terminate', text: 'select pg_terminate_backend($1)', values: [held.value[0]!.pid] });
    await held.release();
  });

  it('is none where its beginning fails', async () => {
    await expect(holdTransaction(database, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
    expect(database.stats().idle).toBe(database.stats().size);
  });
});

it('a transaction that is read only writes nothing', async () => {
  const write = database.transaction((tx) => tx.query({ name: 'insert-thing', text: 'insert into things values ($1)', values: ['x'] }), { isReadOnly: true });
  await expect(write).rejects.toMatchObject({ cause: { code: '25006' } });
});

it('a snapshot is named by its id and nothing else', async () => {
  await expect(countAt(`1'; drop table things; --`)).rejects.toThrow('a snapshot has an id such as');
});
