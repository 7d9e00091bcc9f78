import { createDatabase, type Database } from './database';
import { createTestDatabase, findSequentialScans, recordStatements, type TestDatabase } from './testing';

const sql = `create table notes (id int primary key, owner int not null, text text not null);
  create index notes_owner on notes (owner) where owner > 0;
  create table kinds (name text primary key);
  insert into notes select n, n, 'note ' || n from generate_series(1, 20000) n;
  analyze notes`;

describe('the statements of a service', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    testDatabase = await createTestDatabase([{ name: 'note', migrations: [{ name: '0001_create_notes', sql }] }]);
    database = createDatabase({ url: testDatabase.url, applicationName: 'plans' });
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  const scansOf = (text: string, values?: readonly unknown[]) => findSequentialScans(database, [{ name: 'asked', text, values }], ['notes']);
  const scans = (...plans: string[]) => plans.map((plan) => ({ statement: 'asked', table: 'notes', plan }));

  it('pass where an index serves them', async () => {
    expect(await scansOf('select text from notes where id = $1', [7])).toEqual([]);
    expect(await scansOf('select text from notes where id = any($1::int[])', [[7, 8]])).toEqual([]);
    expect(await scansOf("insert into notes values ($1, $2, $3) on conflict (id) do update set text = 'new'", [1, 1, "it's"])).toEqual([]);
  });

  it('are found where they read a whole table, wherever in the plan', async () => {
    expect(await scansOf('select id from notes where text = $1', ["it's"])).toEqual(scans('generic', 'custom'));
    expect(await scansOf('with found as (select id from notes where text = $1) delete from notes where id in (select id from found)', ['x'])).toEqual(
      scans('generic', 'custom'),
    );
    expect(await scansOf('select count(*) from kinds where exists (select from notes where text = kinds.name)')).toEqual(scans('generic'));
  });

  it('are found where one of the two plans alone does', async () => {
    // for one value the index holds it, for any value it may not
    expect(await scansOf('select id from notes where owner = $1', [7])).toEqual(scans('generic'));
    expect(await scansOf('select id from notes where owner = $1')).toEqual(scans('generic'));
  });

  it('are looked at with their values alone where they are not prepared', async () => {
    const unprepared = { name: 'asked', text: 'select id from notes where owner = $1', values: [7], isPrepared: false };
    expect(await findSequentialScans(database, [unprepared], ['notes'])).toEqual([]);
    expect(await findSequentialScans(database, [{ ...unprepared, values: [-7] }], ['notes'])).toEqual(scans('custom'));
  });

  it('pass where they read another table, or are not planned at all', async () => {
    expect(await scansOf('select name from kinds')).toEqual([]);
    expect(await scansOf('lock table notes')).toEqual([]);
  });

  it('are not run', async () => {
    await scansOf('delete from notes where id = $1', [1]);
    expect(await database.query({ name: 'one', text: 'select id from notes where id = 1' })).toHaveLength(1);
  });

  it('are recorded whichever way they are asked', async () => {
    const { database: recording, statements } = recordStatements(database);
    const one = (name: string, value: number) => ({ name, text: `select '${name}' as name, $1::int as id`, values: [value] });
    await recording.query(one('plain', 1));
    await recording.read.query(one('read', 2));
    await recording.transaction((tx) => tx.query(one('transaction', 3)));
    const loader = recording.createRowLoader<{ id: string }>({ name: 'loaded', text: 'select id::text from notes where id = any($1)', keyOf: ({ id }) => id });
    expect(await loader.load('4')).toEqual({ id: '4' });
    expect(statements.map(({ name, values }) => [name, values])).toEqual([
      ['plain', [1]],
      ['read', [2]],
      ['transaction', [3]],
      ['loaded', [['4']]],
    ]);
    expect(await findSequentialScans(database, statements, ['notes'])).toEqual([]);
  });
});
