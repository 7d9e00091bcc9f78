import { type Database, createDatabase } from './database';
import type { Queryable } from './statement';
import type { Transaction, TransactionOptions } from './transaction';
import { type TestDatabase, createTestDatabase } from './testing';

describe('a database', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  const seen: { name: string; text: string; database: string; failed: boolean }[] = [];

  beforeAll(async () => {
    const migrations = [{ name: '0001_create_notes', sql: 'create table notes (text text)' }];
    testDatabase = await createTestDatabase([{ name: 'note', migrations }]);
    database = createDatabase({
      url: testDatabase.url,
      applicationName: 'notes',
      observer: {
        async query(info, run) {
          let failed = true;
          try {
            const result = await run();
            failed = false;
            return result;
          } finally {
            seen.push({ ...info, failed });
          }
        },
      },
    });
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });
  beforeEach(async () => {
    await database.query({ name: 'clear', text: 'truncate notes' });
    seen.length = 0;
  });

  const add = (queryable: Queryable, text: string) => queryable.query({ name: 'add-note', text: 'insert into notes values ($1)', values: [text] });
  const list = async () =>
    (await database.query<{ text: string }>({ name: 'list-notes', text: 'select text from notes order by text' })).map(({ text }) => text);

  it('prepares a statement once a connection', async () => {
    for (let round = 0; round < 3; round++) await add(database, 'x');
    const prepared = await database.query({
      name: 'prepared',
      text: "select generic_plans + custom_plans as runs from pg_prepared_statements where name = 'add-note'",
    });
    expect(prepared).toEqual([{ runs: '3' }]);
  });

  it('runs statements of one name and several texts, where they ask not to be prepared', async () => {
    for (const number of [1, 2]) {
      const rows = await database.query({ name: 'made', text: `select ${number} as number, $1 as text`, values: ['x'], isPrepared: false });
      expect(rows).toEqual([{ number, text: 'x' }]);
    }
    expect(await database.query({ name: 'prepared-made', text: "select from pg_prepared_statements where name = 'made'" })).toEqual([]);
  });

  it('shows its application name to the server', async () => {
    expect(await database.query({ name: 'application', text: 'show application_name' })).toEqual([{ application_name: 'notes' }]);
  });

  it('commits a transaction that resolves', async () => {
    await expect(database.transaction(async (tx) => (await add(tx, 'kept'), 'done'))).resolves.toBe('done');
    expect(await list()).toEqual(['kept']);
  });

  it('rolls back a transaction that throws, by the very error, and keeps the connection', async () => {
    const error = new Error('changed my mind');
    await expect(database.transaction(async (tx) => (await add(tx, 'lost'), Promise.reject(error)))).rejects.toBe(error);
    expect(await list()).toEqual([]);
    expect(database.stats()).toMatchObject({ size: 1, idle: 1, waiting: 0 });
  });

  it('runs the statements of a transaction one after the other', async () => {
    await database.transaction(async (tx) => void (await Promise.all(['a', 'b', 'c'].map((text) => add(tx, text)))));
    expect(await list()).toEqual(['a', 'b', 'c']);
  });

  it('does not take a transaction for committed when an error in it was swallowed', async () => {
    const swallowing = database.transaction(async (tx) => {
      await add(tx, 'lost');
      await tx.query({ name: 'broken', text: 'select 1/0' }).catch(() => {});
    });
    await expect(swallowing).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await list()).toEqual([]);
  });

  it('refuses a statement after the transaction has ended', async () => {
    let kept: Queryable | undefined;
    await database.transaction(async (tx) => void (kept = tx));
    await expect(add(kept as Queryable, 'late')).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await list()).toEqual([]);
  });

  it('does what is put off until after the commit once then, however often the transaction is tried', async () => {
    const told: string[] = [];
    let attempts = 0;
    let seen: Promise<string[]> | undefined;
    await database.transaction(async (tx) => {
      const attempt = ++attempts;
      await add(tx, 'kept');
      tx.afterCommit(() => told.push(`attempt ${attempt}`));
      tx.afterCommit(() => void (seen = list()));
      if (attempt < 3) await tx.query({ name: 'meet', text: "do $$ begin raise exception using errcode = '40001'; end $$" });
      expect(told).toEqual([]);
    });
    expect(told).toEqual(['attempt 3']);
    expect(await seen).toEqual(['kept']);
  });

  it('never does what is put off until after a commit that does not come', async () => {
    const effect = jest.fn();
    const put = (work: (tx: Transaction) => Promise<unknown>, options?: TransactionOptions) =>
      database.transaction(async (tx) => {
        tx.afterCommit(effect);
        await work(tx);
        return tx;
      }, options);
    await expect(put(() => Promise.reject(new Error('changed my mind')))).rejects.toThrow('changed my mind');
    await expect(put((tx) => tx.query({ name: 'broken', text: 'select 1/0' }).catch(() => {}))).rejects.toMatchObject({ code: 'INTERNAL' });
    await put((tx) => add(tx, 'preview'), { isRolledBack: true });
    expect(effect).not.toHaveBeenCalled();
    const ended = await put(async () => {});
    expect(effect).toHaveBeenCalledTimes(1);
    expect(() => ended.afterCommit(effect)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });

  it('tells its observer each statement by its name, and neither values nor health checks', async () => {
    await database.transaction((tx) => add(tx, 'private'));
    await database.ping();
    await expect(database.query({ name: 'broken', text: 'select 1/0' })).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(seen.map(({ name, failed }) => [name, failed])).toEqual([
      ['begin-read-committed', false],
      ['add-note', false],
      ['commit', false],
      ['broken', true],
    ]);
    expect(JSON.stringify(seen)).not.toContain('private');
    expect(seen[0]?.database).toMatch(/^test_/);
  });
});
