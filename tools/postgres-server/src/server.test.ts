import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withClient } from './connection';
import { type PostgresServer, type PostgresServerOptions, startPostgresServer } from './server';

describe('the PostgreSQL of a data folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'postgres-server-'));
  const servers: PostgresServer[] = [];
  const start = async (name: string, options: Partial<PostgresServerOptions> = {}) => {
    const server = await startPostgresServer({ dataFolder: join(root, name), durable: false, ...options });
    servers.push(server);
    return server;
  };
  const ask = (url: string, sql: string) => withClient(url, async (client) => Object.values((await client.query(sql)).rows[0] ?? {})[0]);

  beforeAll(() => {
    // PostgreSQL's account passes through when the tests run as root.
    mkdirSync(join(root, 'a folder with blanks'), { recursive: true });
    require('node:fs').chmodSync(root, 0o755);
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('keeps data, port and password from one start to the next', async () => {
    const first = await start('a folder with blanks/data');
    await ask(first.url, 'create table kept as select 7 as value');
    await first.stop();
    servers.length = 0;
    const second = await start('a folder with blanks/data');
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, 'select value from kept')).toBe(7);
    expect(statSync(join(second.dataFolder, 'superuser-password')).mode & 0o777).toBe(0o600);
  });
});
