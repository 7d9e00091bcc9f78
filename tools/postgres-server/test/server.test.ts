import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withClient } from '../src/connection';
import { type PostgresServer, type PostgresServerOptions, startPostgresServer } from '../src/index';
import { findFreePort } from '../src/port';
import { startKillableOwner } from './killable-owner';

const ask = async (url: string, sql: string): Promise<unknown> =>
  withClient(url, async (client) => Object.values(((await client.query(sql)).rows[0] as object | undefined) ?? {})[0]);
const findPid = async (url: string): Promise<number> => Number(String(await ask(url, "select pg_read_file('postmaster.pid')")).split('\n')[0]);
const occupy = (port: number): Promise<Server> =>
  new Promise((resolve) => {
    const listener = createServer().listen(port, '127.0.0.1', () => resolve(listener));
  });

describe('the PostgreSQL of a data folder', () => {
  let root: string;
  const servers = new Set<PostgresServer>();
  const start = async (name: string, options: Partial<PostgresServerOptions> = {}): Promise<PostgresServer> => {
    const server = await startPostgresServer({ dataFolder: join(root, name), durable: false, ...options });
    servers.add(server);
    return server;
  };
  const stop = async (server: PostgresServer) => {
    servers.delete(server);
    await server.stop();
  };

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'postgres server '));
    // PostgreSQL's account passes through when the tests run as root.
    chmodSync(root, 0o755);
  });
  afterEach(() => Promise.all([...servers].map(stop)));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('keeps data, port and password, also in a folder with blanks', async () => {
    const first = await start('a folder/of data');
    await ask(first.url, 'create table kept as select 7 as value');
    await stop(first);
    const second = await start('a folder/of data');
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'select value from kept')).toBe(7);
    expect(statSync(join(second.dataFolder, 'superuser-password')).mode & 0o777).toBe(0o600);
  });

  it('listens on the loopback address alone and asks for the password', async () => {
    const server = await start('data');
    expect(await ask(server.url, 'show listen_addresses')).toBe('127.0.0.1');
    expect(await ask(server.url, 'show unix_socket_directories')).toBe('');
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(ask(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
    wrong.password = '';
    await expect(ask(wrong.href, 'select 1')).rejects.toThrow(/password/);
  });

  it('is durable unless told otherwise', async () => {
    const server = await start('data', { durable: true });
    expect(await ask(server.url, 'show fsync')).toBe('on');
    await stop(server);
    expect(await ask((await start('data')).url, 'show fsync')).toBe('off');
  });

  it('runs beside that of another folder', async () => {
    const [first, second] = await Promise.all([start('data'), start('other data')]);
    expect(first.port).not.toBe(second.port);
    expect(await ask(first.url, 'show data_directory')).not.toBe(await ask(second.url, 'show data_directory'));
  });

  it('is refused to a second owner, in this process and in another', async () => {
    const server = await start('data');
    await expect(start('data')).rejects.toThrow(`are in use by process ${process.pid}`);
    await expect(startKillableOwner(server.dataFolder)).rejects.toThrow(`are in use by process ${process.pid}`);
    expect(await ask(server.url, 'select 1')).toBe(1);
  });

  it('is started once when two start it at the same time', async () => {
    const outcomes = await Promise.allSettled([start('new data'), start('new data')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('outlives its killed owner, terminal and all, and is taken over by the next', async () => {
    const owner = await startKillableOwner(join(root, 'data'));
    const pid = await findPid(owner.url);
    await owner.kill();
    const lines: string[] = [];
    const server = await start('data', { log: (line) => lines.push(line) });
    expect(await findPid(server.url)).toBe(pid);
    expect(lines).toEqual([`PostgreSQL (process ${pid}) was still running and is used on`]);
    await stop(server);
    await expect(ask(owner.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('moves to another port when the one asked for is not where it was left running', async () => {
    const owner = await startKillableOwner(join(root, 'data'));
    await owner.kill();
    const port = await findFreePort();
    expect((await start('data', { port })).port).toBe(port);
    await expect(ask(owner.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
  });

  it('heals after its processes were killed', async () => {
    const server = await start('data');
    await ask(server.url, 'create table if not exists written as select 1 as value');
    const pid = await findPid(server.url);
    process.kill(pid, 'SIGKILL');
    await stop(server);
    expect(await ask((await start('data')).url, 'select value from written')).toBe(1);
  });

  it('is not kept from starting by a postmaster.pid that names another process', async () => {
    const server = await start('data');
    const file = join(server.dataFolder, 'cluster', 'postmaster.pid');
    const [, ...rest] = readFileSync(file, 'utf8').split('\n');
    await stop(server);
    writeFileSync(file, [process.pid, ...rest].join('\n'));
    expect(await ask((await start('data')).url, 'select 1')).toBe(1);
  });

  it('is not taken for in use because of an owner that is gone', async () => {
    mkdirSync(join(root, 'data'), { recursive: true });
    writeFileSync(join(root, 'data', 'owner.json'), JSON.stringify({ pid: process.pid, start: 'another time' }));
    expect(await ask((await start('data')).url, 'select 1')).toBe(1);
  });

  it('begins anew after an initialisation that was cut short', async () => {
    mkdirSync(join(root, 'half', 'cluster-new', 'base'), { recursive: true });
    writeFileSync(join(root, 'half', 'superuser-password'), 'of the first attempt');
    expect(await ask((await start('half')).url, 'select 1')).toBe(1);
  });

  it('takes another port when its last one is in use, but not another than the one asked for', async () => {
    const first = await start('data');
    await stop(first);
    const listener = await occupy(first.port);
    try {
      await expect(start('data', { port: first.port })).rejects.toThrow(`port ${first.port} is in use`);
      const second = await start('data');
      expect(second.port).not.toBe(first.port);
      await stop(second);
      expect((await start('data')).port).toBe(second.port);
    } finally {
      listener.close();
    }
  });

  it.each(['fast', 'immediate'] as const)('restarts (%s) on the same port', async (mode) => {
    const server = await start('data');
    const before = await findPid(server.url);
    await server.restart(mode);
    expect(await findPid(server.url)).not.toBe(before);
  });

  it('stops while clients are connected', async () => {
    const server = await start('data');
    const sleeping = ask(server.url, 'select pg_sleep(60)');
    const outcome = expect(sleeping).rejects.toThrow(/terminating connection/);
    while (!(await ask(server.url, "select 1 from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()")));
    await stop(server);
    await outcome;
  });

  it('says what to do when the data cannot be opened', async () => {
    const server = await start('locked');
    await stop(server);
    const password = join(server.dataFolder, 'superuser-password');
    writeFileSync(password, 'another');
    await expect(start('locked')).rejects.toThrow(/does not let us in\. Is superuser-password that of these data\?/);
    const version = join(server.dataFolder, 'cluster', 'PG_VERSION');
    writeFileSync(version, '11\n');
    await expect(start('locked')).rejects.toThrow(/are those of PostgreSQL 11, and this is \d+\. Install the former version/);
    rmSync(password);
    await expect(start('locked')).rejects.toThrow(/cannot be opened without .*superuser-password\. Bring that file back/);
    expect(existsSync(join(server.dataFolder, 'owner.json'))).toBe(false);
  });

  it('makes a database with its owner, again and at once', async () => {
    const server = await start('data');
    const owner = { role: 'a "role', password: "p'w@/:#" };
    const urls = await Promise.all([1, 2, 3].map(() => server.createDatabase('the-database', owner)));
    expect(new Set(urls).size).toBe(1);
    expect(await ask(urls[0] as string, 'select current_database() || current_user')).toBe('the-databasea "role');
    await ask(urls[0] as string, 'create table own (id int)');
    const changed = await server.createDatabase('the-database', { ...owner, password: 'new' });
    await expect(ask(urls[0] as string, 'select 1')).rejects.toThrow('password authentication failed');
    expect(await ask(changed, 'select count(*)::int from own')).toBe(0);
    await server.createDatabase('second', { role: 'second', password: 'second' });
    await expect(ask(server.urlOf('the-database', { role: 'second', password: 'second' }), 'select 1')).rejects.toThrow('permission denied for database');
    expect(readFileSync(join(server.dataFolder, 'server.log'), 'utf8')).not.toContain(owner.password);
  });
});

describe('a temporary PostgreSQL', () => {
  it('ends and is removed with its process, when that is killed', async () => {
    const owner = await startKillableOwner();
    expect(await ask(owner.url, 'select 1')).toBe(1);
    await owner.kill();
    while (existsSync(owner.dataFolder)) await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(ask(owner.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
  });
});
