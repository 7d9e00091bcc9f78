import { execFile } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { type PostgresServer, startTemporaryPostgresServer, startTemporaryStandby, withClient } from '@gatehouse/postgres-server';
import { type Database, createDatabase, type DatabaseOptions } from './database';
import type { ReadRoute } from './statement';
import { createTestDatabase } from './testing';

const owner = { role: 'notes', password: 'notes' };
const count = { name: 'count-notes', text: 'select count(*)::int as count from notes' };
const tick = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('reads that a replica may answer', () => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  let url: string;
  let written = 0;
  let routes: ReadRoute[] = [];
  const statements: string[] = [];
  const opened: Database[] = [];

  beforeAll(async () => {
    primary = await startTemporaryPostgresServer();
    url = await primary.createDatabase('notes', owner);
    await withClient(url, (client) => client.query('create table notes (text text)'));
    standby = await startTemporaryStandby(primary, "max_standby_streaming_delay = '20ms'\nwal_retrieve_retry_interval = '100ms'");
  }, 60_000);
  beforeEach(() => {
    routes = [];
    statements.length = 0;
  });
  afterEach(() => Promise.all(opened.splice(0).map((database) => database.close())));
  afterAll(async () => {
    await standby?.stop();
    await primary?.stop();
  });

  const open = (options: Partial<DatabaseOptions> = {}) => {
    const observer = {
      query: <T>({ name }: { name: string }, run: () => Promise<T>) => (statements.push(name), run()),
      openReplica: () => (route: ReadRoute) => void routes.push(route),
    };
    const readUrl = standby.urlOf('notes', owner);
    // a read that waits for as long as a slow machine takes is still one from the replica
    const database = createDatabase({ url, readUrl, applicationName: 'notes', observer, replicaWaitMs: 20_000, ...options });
    opened.push(database);
    return database;
  };
  const write = async (database: Database) => {
    await database.query({ name: 'write-note', text: "insert into notes values ('x')" });
    written++;
  };
  const readCount = async (database: Database) => (await database.read.query<{ count: number }>(count))[0]!.count;
  const ways = () => [...new Set(routes.map(({ way }) => way))];
  const onStandby = (sql: string) => withClient(standby.url, (client) => client.query(sql));
  /** Writes and reads until a read has gone this way; each read is to show each write. */
  const untilWay = async (database: Database, way: ReadRoute['way']) => {
    for (const end = Date.now() + 20_000; ; await tick(20)) {
      await write(database);
      expect(await readCount(database)).toBe(written);
      if (routes.at(-1)?.way === way) return;
      if (Date.now() > end) throw new Error(`no read went the way ${way}, but ${ways().join(', ')}`);
    }
  };

  it('show each write that was acknowledged before, though the replica replays it later', async () => {
    const database = open();
    for (let round = 0; round < 50; round++) {
      await write(database);
      expect(await readCount(database)).toBe(written);
    }
    expect(ways()).toEqual(['replica']);
    expect(statements.filter((name) => name === count.name)).toHaveLength(50);
  });

  it('show what another process wrote', async () => {
    const database = open();
    const script = `const { Client } = require('pg'); const client = new Client(process.argv[1]);
      client.connect().then(() => client.query("insert into notes values ('theirs')")).then(() => client.end())`;
    for (let round = 0; round < 3; round++) {
      await promisify(execFile)(process.execPath, ['-e', script, url]);
      expect(await readCount(database)).toBe(++written);
    }
    expect(ways()).toEqual(['replica']);
  });

  it('ask the primary once for all that begin together', async () => {
    const database = open();
    await Promise.all(Array.from({ length: 20 }, () => readCount(database)));
    expect(statements.filter((name) => name === 'find-wal-position')).toHaveLength(1);
    expect(statements.filter((name) => name === count.name)).toHaveLength(20);
  });

  it('show each write after a switch of the log, which leaves the primary idle at the head of a page', async () => {
    const database = open();
    await withClient(primary.url, (client) => client.query('select pg_switch_wal()'));
    expect(await readCount(database)).toBe(written);
    expect(ways()).toEqual(['replica']);
  });

  it('show writes that are acknowledged before they are flushed', async () => {
    await withClient(url, (client) => client.query('alter role notes set synchronous_commit = off'));
    const database = open();
    // the server flushes by itself five times a second, and a standby is sent nothing before
    for (let round = 0; round < 5; round++) {
      await write(database);
      expect(await readCount(database)).toBe(written);
    }
    await withClient(url, (client) => client.query('alter role notes reset synchronous_commit'));
  });

  it('go to the primary while the replica is behind, after the wait, and then for a second without it', async () => {
    const database = open({ replicaWaitMs: 1_000 });
    await onStandby('select pg_wal_replay_pause()');
    await write(database);
    expect(await readCount(database)).toBe(written);
    expect(routes).toEqual([{ way: 'stale', lagBytes: expect.any(Number) as number }]);
    expect(routes[0]!.lagBytes).toBeGreaterThan(0);
    statements.length = 0;
    expect(await readCount(database)).toBe(written);
    expect([statements, routes.at(-1)]).toEqual([[count.name], { way: 'stale' }]);
    await onStandby('select pg_wal_replay_resume()');
    await untilWay(database, 'replica');
  });

  it('wait for a replica that catches up in time', async () => {
    const database = open();
    await onStandby('select pg_wal_replay_pause()');
    await write(database);
    const reading = [readCount(database), readCount(database)];
    await tick(100);
    await onStandby('select pg_wal_replay_resume()');
    expect(await Promise.all(reading)).toEqual([written, written]);
    expect(ways()).toEqual(['replica']);
  });

  it('end by the signal of the call while they wait for the replica', async () => {
    const controller = new AbortController();
    const database = open({ signal: () => controller.signal });
    await onStandby('select pg_wal_replay_pause()');
    await write(database);
    const reading = readCount(database);
    await tick(50);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
    await onStandby('select pg_wal_replay_resume()');
  });

  it('are answered though the replica cancels them, since they are in the way of what it has to replay', async () => {
    const database = open();
    // on the standby until it is cancelled
    const text = 'select (select count(*)::int from notes) as count, case when pg_is_in_recovery() then pg_sleep(60) end';
    const reading = database.read.query<{ count: number }>({ name: 'read-slowly', text });
    const running = "select from pg_stat_activity where state = 'active' and query like '%pg_sleep(60)%' and pid <> pg_backend_pid()";
    while (!(await onStandby(running)).rowCount) await tick(20);
    await withClient(url, (client) => client.query('alter table notes alter column text set not null'));
    expect((await reading)[0]!.count).toBe(written);
    expect(routes).toMatchObject([{ way: 'down', error: { code: 'ABORTED', cause: { code: '40001' } } }]);
  });

  it('throw what is wrong with the statement itself, as the primary does', async () => {
    const database = open();
    await expect(database.read.query({ name: 'broken', text: 'select 1/0' })).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(ways()).toEqual(['replica']);
  });

  it('are answered while the replica dies under them, and from it again when it is back', async () => {
    const database = open();
    await untilWay(database, 'replica');
    let restarting = true;
    const restart = standby.restart('immediate').finally(() => (restarting = false));
    while (restarting) {
      await write(database);
      expect(await readCount(database)).toBe(written);
    }
    await restart;
    expect(ways()).toContain('down');
    await untilWay(database, 'replica');
  });

  it('do not wait for a replica that accepts connections and says nothing', async () => {
    const sockets: Socket[] = [];
    const silent: Server = createServer((socket) => void sockets.push(socket.on('error', () => {})));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const database = open({ readUrl: `postgres://notes:notes@127.0.0.1:${port}/notes`, replicaWaitMs: 50 });
    expect(await readCount(database)).toBe(written);
    expect(ways()).toEqual(['down']);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('go to the primary where the replica is of another cluster, or is the primary itself', async () => {
    const other = await createTestDatabase();
    const [wrong, same] = [open({ readUrl: other.url }), open({ readUrl: url })];
    expect([await readCount(wrong), await readCount(same)]).toEqual([written, written]);
    expect(routes.map(({ way }) => way)).toEqual(['other_cluster', 'promoted']);
    await wrong.close();
    await other.drop();
  });

  it('are the statement alone where there is no replica', async () => {
    const database = open({ readUrl: undefined });
    expect(await readCount(database)).toBe(written);
    expect([statements, routes]).toEqual([[count.name], []]);
  });

  it('go to the primary when the replica was promoted, whatever is written there', async () => {
    const database = open();
    await untilWay(database, 'replica');
    await onStandby('select pg_promote()');
    await withClient(standby.urlOf('notes', owner), (client) => client.query("insert into notes values ('foreign')"));
    for (let round = 0; round < 5; round++) {
      await write(database);
      expect(await readCount(database)).toBe(written);
    }
    expect(ways()).toContain('promoted');
  });

  it('go to the primary after a failover, while the replica follows the old one', async () => {
    const follower = await startTemporaryStandby(primary);
    const promoted = open({ url: standby.urlOf('notes', owner), readUrl: follower.urlOf('notes', owner) });
    await write(promoted);
    // the old one goes on, so that its log is ahead
    await withClient(url, (client) => client.query("insert into notes select 'old' from generate_series(1, 10000)"));
    const [expected] = await promoted.query<{ count: number }>(count);
    expect(await readCount(promoted)).toBe(expected!.count);
    expect(ways()).toEqual(['other_timeline']);
    await promoted.close();
    await follower.stop();
  });
});
