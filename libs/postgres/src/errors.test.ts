import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { AppError, type ErrorOptions } from '@gatehouse/errors';
import { type PostgresServer, startTemporaryPostgresServer } from '@gatehouse/postgres-server';
import { type Database, createDatabase } from './database';
import { findSqlState } from './sqlstate';
import type { Queryable } from './statement';
import { type TestDatabase, createTestDatabase } from './testing';

const nameTaken = (options?: ErrorOptions) => new AppError({ code: 'ALREADY_EXISTS', reason: 'NAME_TAKEN', domain: 'test', message: 'taken', ...options });
const sql = (text: string, ...values: unknown[]) => ({ name: `test-${text.slice(0, 50).replaceAll(/\W+/g, '-')}-${text.length}`, text, values });
const thingMissing = (options?: ErrorOptions) =>
  new AppError({ code: 'FAILED_PRECONDITION', reason: 'THING_MISSING', domain: 'test', message: 'missing', ...options });
const weightless = (options?: ErrorOptions) =>
  new AppError({ code: 'INVALID_ARGUMENT', reason: 'WEIGHTLESS', domain: 'test', message: 'weightless', ...options });
const constraints = { things_name_key: nameTaken, parts_thing_fkey: thingMissing, parts_weight_check: weightless };
const things = `create table things (id int primary key, name text constraint things_name_key unique, size int constraint things_size_check check (size > 0));
  insert into things values (1, 'one', 1), (2, 'two', 2);
  create table parts (thing int constraint parts_thing_fkey references things, other int constraint parts_other_fkey references things, weight int constraint parts_weight_check check (weight > 0))`;
const sets = [{ name: 'thing', migrations: [{ name: '0001_create_things', sql: things }] }];

describe('errors of PostgreSQL', () => {
  let testDatabase: TestDatabase;
  const databases: Database[] = [];
  const open = (options: Partial<Parameters<typeof createDatabase>[0]> = {}) => {
    const database = createDatabase({ url: testDatabase.url, applicationName: 'test', constraints, ...options });
    databases.push(database);
    return database;
  };
  const isUsable = (database: Database) => expect(database.query(sql('select 1 as one'))).resolves.toEqual([{ one: 1 }]);

  beforeAll(async () => {
    testDatabase = await createTestDatabase(sets);
  });
  afterEach(() => Promise.all(databases.splice(0).map((database) => database.close())));
  afterAll(() => testDatabase.drop());

  it('23505 of a known constraint is the error of that constraint, with the cause kept', async () => {
    const failing = open().query(sql('insert into things values (3, $1, 3)', 'one'));
    await expect(failing).rejects.toMatchObject({ reason: 'NAME_TAKEN', code: 'ALREADY_EXISTS', cause: { code: '23505', constraint: 'things_name_key' } });
    expect(findSqlState(await failing.catch((error) => error))).toBe('23505');
  });

  it.each([
    ['23503', 'insert into parts values (7)', 'THING_MISSING'],
    ['23514', 'insert into parts values (1, 1, 0)', 'WEIGHTLESS'],
  ])('%s of a known constraint is the error of that constraint too', async (code, text, reason) => {
    await expect(open().query(sql(text))).rejects.toMatchObject({ reason, domain: 'test', cause: { code } });
  });

  it('keeps the values of a row out of what is logged', async () => {
    const error = await open()
      .query(sql('insert into things values (5, $1, 3)', 'one'))
      .catch((thrown: Error) => thrown);
    expect(inspect(error, { depth: 9 })).not.toContain('(name)=(one)');
  });

  it.each([
    ['23505 of an unknown constraint', 'insert into things values (1, null, 3)', '23505'],
    ['23503 of an unknown constraint', 'insert into parts values (1, 7)', '23503'],
    ['23514 of an unknown constraint', 'insert into things values (4, null, 0)', '23514'],
    ['42703, a mistake of ours,', 'select nothing from things', '42703'],
  ])('%s is a defect that says nothing', async (_, text, code) => {
    const failing = open().query(sql(text));
    await expect(failing).rejects.toMatchObject({ code: 'INTERNAL', kind: 'defect', message: 'internal error', cause: { code } });
    await expect(failing).rejects.toMatchObject({ metadata: { error_id: expect.any(String) } });
  });

  it.each([
    ['22021 (U+0000 in a text)', 'select $1::text', 'a\0b'],
    ['22P02 (no uuid)', 'select $1::uuid', 'nonsense'],
  ])('%s is the request that cannot be right', async (_, text, value) => {
    const database = open();
    await expect(database.query(sql(text, value))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      reason: 'VALIDATION_FAILED',
      violations: [{ field: '' }],
    });
    await isUsable(database);
  });

  it('57014 by the timeout of statements is the deadline', async () => {
    const database = open({ statementTimeoutMs: 50 });
    await expect(database.query(sql('select pg_sleep(5)'))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      kind: 'infrastructure',
      cause: { code: '57014' },
    });
    await isUsable(database);
  });

  it('55P03 is a conflict', async () => {
    const database = open();
    await database.transaction(async (tx) => {
      await tx.query(sql('update things set size = 9 where id = 1'));
      const second = database.transaction(async (other) => {
        await other.query(sql("set local lock_timeout = '20ms'"));
        await other.query(sql('update things set size = 8 where id = 1'));
      });
      await expect(second).rejects.toMatchObject({ reason: 'CONFLICT', cause: { code: '55P03' }, retryDelayMs: 100 });
    });
  });

  it('a deadlock is tried again until both have their way', async () => {
    const database = open();
    let attempts = 0;
    const meet = createMeeting();
    const swap = (first: number, second: number) =>
      database.transaction(async (tx) => {
        attempts++;
        await tx.query(sql('update things set size = size + 1 where id = $1', first));
        await meet();
        await tx.query(sql('update things set size = size + 1 where id = $1', second));
      });
    await Promise.all([swap(1, 2), swap(2, 1)]);
    expect(attempts).toBeGreaterThan(2);
  });

  it('serialization failures are tried again, and nothing is lost', async () => {
    const database = open({ poolSize: 4 });
    await database.query(sql('update things set size = 1 where id = 2'));
    const increment = () =>
      database.transaction(
        async (tx) => {
          const [row] = await tx.query<{ size: number }>(sql('select size from things where id = 2'));
          await tx.query(sql('update things set size = $1 where id = 2', (row?.size ?? 0) + 1));
        },
        { isolation: 'serializable' },
      );
    await Promise.all(Array.from({ length: 4 }, increment));
    expect(await database.query(sql('select size from things where id = 2'))).toEqual([{ size: 5 }]);
  });

  it('a serialization failure each time is a conflict in the end', async () => {
    const database = open();
    let attempts = 0;
    const work = async (tx: Queryable) => {
      attempts++;
      await tx.query(sql('select size from things where id = 1'));
      await database.query(sql('update things set size = size + 1 where id = 1'));
      await tx.query(sql('update things set size = 1 where id = 1'));
    };
    await expect(database.transaction(work, { isolation: 'repeatable read' })).rejects.toMatchObject({
      code: 'ABORTED',
      reason: 'CONFLICT',
      cause: { code: '40001' },
    });
    expect(attempts).toBe(6);
  });

  it('a server that is not there is unavailable, without its address', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => listener.once('listening', resolve));
    const { port } = listener.address() as { port: number };
    await new Promise((resolve) => listener.close(resolve));
    const database = open({ url: `postgres://nobody:secret@127.0.0.1:${port}/none` });
    await expect(database.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryDelayMs: 1_000, message: expect.not.stringContaining('127.0.0.1') });
  });

  it('a server that accepts and says nothing is unavailable after the time to connect', async () => {
    const listener = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await new Promise((resolve) => listener.once('listening', resolve));
    const { port } = listener.address() as { port: number };
    const database = open({ url: `postgres://nobody:secret@127.0.0.1:${port}/none`, connectTimeoutMs: 100 });
    await expect(database.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    listener.close();
  });

  it('a pool that gives no connection in time is unavailable', async () => {
    const database = open({ poolSize: 1, connectTimeoutMs: 500 });
    await database.transaction(async () => {
      await expect(database.query({ name: 'one', text: 'select 1' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      // what asks whether the database is there does not wait behind calls
      await database.ping();
      expect(database.stats()).toMatchObject({ size: 1, idle: 0, waiting: 0 });
    });
    await isUsable(database);
  });

  it('a closed database is unavailable', async () => {
    const database = open();
    await Promise.all([database.close(), database.close()]);
    await expect(database.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  describe('with a server of their own', () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startTemporaryPostgresServer();
      await server.createDatabase('limited', { role: 'limited', password: 'limited' });
    });
    afterAll(() => server.stop());
    const openLimited = () => open({ url: server.urlOf('limited', { role: 'limited', password: 'limited' }) });

    it('53300 is unavailable', async () => {
      const admin = open({ url: server.url });
      await admin.query(sql('alter role limited connection limit 1'));
      const first = openLimited();
      await first.transaction(async () => {
        await expect(openLimited().ping()).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: { code: '53300' } });
      });
      await admin.query(sql('alter role limited connection limit -1'));
    });

    it('25006, of a database that can only be read, is unavailable', async () => {
      const admin = open({ url: server.url });
      await admin.query(sql('alter role limited set default_transaction_read_only = on'));
      const database = openLimited();
      await expect(database.query(sql('create table unwritten (id int)'))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        kind: 'infrastructure',
        cause: { code: '25006' },
      });
      await isUsable(database);
      await admin.query(sql('alter role limited reset default_transaction_read_only'));
    });

    it('a deadlock each time is a conflict in the end', async () => {
      const admin = open({ url: server.url });
      await admin.query(sql("alter role limited set deadlock_timeout = '20ms'"));
      const database = openLimited();
      await database.query(sql('create table pairs as select id from generate_series(1, 2) as id'));
      const take = (id: number) => sql('update pairs set id = id where id = $1', id);
      const rival = open({ url: server.urlOf('limited') });
      const isRivalWaiting = async () =>
        (await admin.query(sql("select 1 from pg_stat_activity where datname = 'limited' and wait_event_type = 'Lock'"))).length > 0;
      let rivals: Promise<void> = Promise.resolve();
      let attempts = 0;
      const work = async (tx: Queryable) => {
        attempts++;
        await rivals;
        await tx.query(take(1));
        rivals = rival.transaction(async (other) => {
          // looks for a deadlock so late that the other one always finds it
          await other.query(sql("set local deadlock_timeout = '1min'"));
          await other.query(take(2));
          await other.query(take(1));
        });
        while (!(await isRivalWaiting()));
        await tx.query(take(2));
      };
      await expect(database.transaction(work)).rejects.toMatchObject({ code: 'ABORTED', reason: 'CONFLICT', retryDelayMs: 100, cause: { code: '40P01' } });
      expect(attempts).toBe(6);
      await rivals;
      await isUsable(database);
      await admin.query(sql('alter role limited reset deadlock_timeout'));
    });

    it('a wrong password and a missing database are for the operator: unavailable', async () => {
      const wrong = open({ url: server.urlOf('limited', { role: 'limited', password: 'wrong' }) });
      await expect(wrong.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: { code: '28P01' } });
      await expect(open({ url: server.urlOf('nowhere') }).ping()).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: { code: '3D000' } });
    });

    it.each(['fast', 'immediate'] as const)('a restart (%s) is survived by idle and by busy connections', async (mode) => {
      const database = openLimited();
      await Promise.all([database.ping(), database.ping(), database.ping()]);
      const busy = database.query(sql('select pg_sleep(30)'));
      const inTransaction = database.transaction(async (tx) => {
        await tx.query(sql('select 1'));
        await restarted;
        await tx.query(sql('select 2'));
      });
      const restarted = new Promise((resolve) => setTimeout(resolve, 100)).then(() => server.restart(mode));
      const outcomes = await Promise.allSettled([busy, inTransaction]);
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE', kind: 'infrastructure' } });
      await isUsable(database);
      expect(database.stats()).toMatchObject({ size: 1, idle: 1, waiting: 0 });
    });

    it('a plan that no longer fits its table costs one call at most', async () => {
      const database = openLimited();
      await database.query(sql('create table changing (a int)'));
      const read = () => database.query(sql('select * from changing'));
      await read();
      await database.query(sql('alter table changing add column b int'));
      await read().catch(() => {});
      await expect(read()).resolves.toEqual([]);
    });
  });
});

/** Gives what resolves once two have called it. Later calls need not wait. */
function createMeeting(): () => Promise<void> {
  let met = () => {};
  const both = new Promise<void>((resolve) => (met = resolve));
  let count = 0;
  return () => (++count >= 2 && met(), both);
}
