import { Client } from 'pg';
import { type Database, createDatabase } from './database';
import { migrate } from './migrate';
import type { MigrationSet } from './migration';
import { createSchemaCheck } from './schema-check';
import { type TestDatabase, createTestDatabase } from './testing';

const first = { name: '0001_create_things', sql: 'create table things (id int primary key); create index things_by_id on things (id)' };
const second = { name: '0002_fill_things', sql: 'insert into things select generate_series(1, 3)' };
const setOf = (...migrations: MigrationSet['migrations'][number][]): readonly MigrationSet[] => [{ name: 'thing', migrations }];

describe('migrations', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let lines: string[];
  const run = (sets: readonly MigrationSet[], waitMs?: number) => migrate({ url: testDatabase.url, sets, waitMs, log: (line) => lines.push(line) });
  const check = (sets: readonly MigrationSet[]) => createSchemaCheck(database, sets)();
  const count = async () => (await database.query<{ count: number }>({ name: 'count', text: 'select count(*)::int as count from things' }))[0]?.count;
  const withClient = async (work: (client: Client) => Promise<void>) => {
    const client = new Client({ connectionString: testDatabase.url });
    await client.connect();
    await work(client).finally(() => client.end());
  };
  const untilTold = async (line: RegExp) => {
    while (!lines.some((each) => line.test(each))) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  beforeEach(async () => {
    lines = [];
    testDatabase = await createTestDatabase();
    database = createDatabase({ url: testDatabase.url, applicationName: 'test' });
  });
  afterEach(async () => {
    await database.close();
    await testDatabase.drop();
  });

  it('are applied in order, each once', async () => {
    await expect(check(setOf(first, second))).rejects.toThrow('lacks thing/0001_create_things, thing/0002_fill_things: run the command `migrate`');
    expect(await run(setOf(first))).toEqual(['thing/0001_create_things']);
    await expect(check(setOf(first, second))).rejects.toThrow('lacks thing/0002_fill_things:');
    expect(await run(setOf(first, second))).toEqual(['thing/0002_fill_things']);
    expect(await run(setOf(first, second))).toEqual([]);
    expect(lines).toEqual(['applied thing/0001_create_things', 'applied thing/0002_fill_things', 'nothing to apply']);
    await check(setOf(first, second));
    expect(await count()).toBe(3);
  });

  it('are not applied to the database of another service', async () => {
    const common = { name: 'idempotency', migrations: [first] };
    const only = (name: string) => ({ name, migrations: [{ name: `0001_create_${name}`, sql: `create table ${name} ()` }] });
    await run([common, only('other')]);
    await expect(run([common, only('own')])).rejects.toThrow('the database has the tables of other, and none of own: is its URL that of another service?');
  });

  it('are applied once by several at the same time', async () => {
    const applied = await Promise.all(Array.from({ length: 5 }, () => run(setOf(first, second))));
    expect(applied.flat().sort()).toEqual(['thing/0001_create_things', 'thing/0002_fill_things']);
    expect(await count()).toBe(3);
  });

  it('leave nothing of one that fails, and keep what was before it', async () => {
    const broken = { name: '0003_break', sql: 'delete from things; insert into nowhere values (1)' };
    await expect(run(setOf(first, second, broken))).rejects.toThrow(
      /^migration thing\/0003_break failed, it was rolled back: relation "nowhere" does not exist$/,
    );
    expect(await count()).toBe(3);
    expect(await run(setOf(first, second, { ...broken, sql: 'delete from things' }))).toEqual(['thing/0003_break']);
    expect(await count()).toBe(0);
  });

  it('say who makes an extension that is not to be had, and how', async () => {
    const extend = (extension: string) => run(setOf({ name: '0001_extend', sql: `create extension if not exists ${extension}` }));
    await expect(extend('pg_nowhere')).rejects.toThrow(
      /"pg_nowhere" is not available; install the contrib modules of PostgreSQL where it runs, then run `migrate` again$/,
    );
    await withClient(async (client) => {
      const { rows } = await client.query<{ name: string }>('select current_database() as name');
      await client.query(`revoke create on database ${rows[0]!.name} from current_user`);
    });
    await expect(extend('pg_trgm')).rejects.toThrow(
      /permission denied to create extension "pg_trgm"; the owner of the database may \(`grant create on database … to …` lets others\), or a superuser runs `create extension pg_trgm` in it; then run `migrate` again$/,
    );
  });

  it('tell of a value that PostgreSQL could not read where it was, and not what it was', async () => {
    const failure = await run(
      setOf(first, {
        name: '0002_number_things',
        sql: "create table notes (text text); insert into notes values ('Ada Lovelace'); alter table notes alter text type int using text::int",
      }),
    ).catch((error: Error) => error);
    expect((failure as Error).message).toBe('migration thing/0002_number_things failed, it was rolled back: SQLSTATE 22P02, whose message would quote a value');
  });

  it('take longer than role and database let a statement take', async () => {
    await withClient(async (client) => {
      const { rows } = await client.query<{ name: string }>('select current_database() as name');
      await client.query(`alter database ${rows[0]!.name} set statement_timeout = 1000`);
    });
    expect(await run(setOf(first, { name: '0002_wait', sql: 'select pg_sleep(1.5)' }))).toEqual(['thing/0001_create_things', 'thing/0002_wait']);
  });

  it('keep the books of each set apart', async () => {
    await run(setOf(first));
    const other: MigrationSet = { name: 'other', migrations: [{ name: '0001_create_things', sql: 'create table other_things (id int)' }] };
    expect(await run([...setOf(first), other])).toEqual(['other/0001_create_things']);
  });

  it('refuse one that was changed after it was applied', async () => {
    await run(setOf(first, second));
    const changed = setOf(first, { ...second, sql: 'select 1' });
    await expect(run(changed)).rejects.toThrow('thing/0002_fill_things has changed since it was applied');
    await expect(check(changed)).rejects.toThrow('thing/0002_fill_things has changed');
  });

  it('of the next version trouble neither the one that still runs nor its migrate', async () => {
    await run(setOf(first, second));
    await check(setOf(first));
    lines = [];
    expect(await run(setOf(first))).toEqual([]);
    expect(lines).toEqual(['thing/0002_fill_things is of a newer version, and stays: this version runs beside it', 'nothing to apply']);
    expect(await count()).toBe(3);
  });

  it('of two versions of which none follows the other are not mixed', async () => {
    await run(setOf(first, second));
    const other = setOf(first, { name: '0002_fill_otherwise', sql: 'select 1' });
    await expect(run(other)).rejects.toThrow('the database has thing/0002_fill_things, which this version does not know, and lacks thing/0002_fill_otherwise');
    await expect(check(other)).rejects.toThrow('run `migrate` of a version that has both');
  });

  it('wait for a lock in turns, between which those who came after them go on, and are applied when it is free', async () => {
    await run(setOf(first));
    await withClient(async (holder) => {
      await holder.query('begin; lock table things in access share mode');
      const migrated = run(setOf(first, { name: '0002_widen', sql: 'alter table things add column name text' }));
      await untilTold(/^thing\/0002_widen needs a lock that others hold: they go on, next attempt in 2 s$/);
      expect(await count()).toBe(0);
      await holder.query('commit');
      expect(await migrated).toEqual(['thing/0002_widen']);
    });
  });

  it('say that a lock was not to be had, and leave nothing behind', async () => {
    await run(setOf(first));
    await withClient(async (holder) => {
      await holder.query('begin; lock table things in access share mode');
      const widen = { name: '0002_widen', sql: 'create table more (id int); alter table things add column name text' };
      await expect(run(setOf(first, widen), 500)).rejects.toThrow(
        /^migration thing\/0002_widen failed, it was rolled back: others held a lock that it needs for 0.5 s; end their transactions/,
      );
      expect((await holder.query("select to_regclass('more') as found")).rows).toEqual([{ found: null }]);
    });
  });

  it('say that another one is at work, and give up in time', async () => {
    await withClient(async (other) => {
      await other.query("select pg_advisory_lock(hashtext('gatehouse.schema_migrations'))");
      await expect(run(setOf(first), 300)).rejects.toThrow(/^another `migrate` was at work on this database for 0.3 s/);
      expect(lines).toEqual(['another `migrate` is at work on this database: waiting for it, at most 0.3 s']);
    });
    expect(await run(setOf(first))).toEqual(['thing/0001_create_things']);
  });

  it('outside a transaction take away what a run that was cut short has left', async () => {
    const steps =
      '-- outside a transaction\n-- for those who ask by name\ndrop index concurrently if exists things_twice;\ncreate unique index concurrently things_twice on things ((id % 2));\n';
    const index = { name: '0003_index_things', sql: steps };
    await expect(run(setOf(first, second, index))).rejects.toThrow(
      'thing/0003_index_things failed, what it began is taken away by the next run: could not create unique index',
    );
    const isValid = async () =>
      (
        await database.query<{ indisvalid: boolean }>({
          name: 'find-index',
          text: "select indisvalid from pg_index where indexrelid = to_regclass('things_twice')",
        })
      )[0]?.indisvalid;
    expect(await isValid()).toBe(false);
    await database.query({ name: 'thin-out', text: 'delete from things where id = 3' });
    expect(await run(setOf(first, second, index))).toEqual(['thing/0003_index_things']);
    expect(await isValid()).toBe(true);
  });
});
