import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAccount } from './account';
import { freePort } from './free-port';
import { until } from './service-process';
import { withClient } from './with-client';

export interface PgBouncer {
  /** The settings with which the services go through it, and their migrations past it. */
  readonly settings: Readonly<Record<string, string>>;
  /** How many connections clients have to it for a database. */
  countClients(database: string): Promise<number>;
  /** Ends it as a crash does, and starts it again. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Debian's PgBouncer in transaction mode before the two databases, with so many connections to each of them. */
export async function startPgBouncer(databases: Readonly<Record<'user' | 'auth', string>>, poolSize: number): Promise<PgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pgbouncer-'));
  const port = await freePort();
  const urls = Object.values(databases).map((url) => new URL(url));
  const files = {
    'users.txt': urls.map(({ username, password }) => `"${username}" "${password}"\n`).join(''),
    'pgbouncer.ini': [
      '[databases]',
      ...urls.map((url) => `${url.pathname.slice(1)} = host=${url.hostname} port=${url.port}`),
      '[pgbouncer]',
      `listen_port = ${port}`,
      'listen_addr = 127.0.0.1',
      'unix_socket_dir =',
      'auth_type = scram-sha-256',
      `auth_file = ${folder}/users.txt`,
      'pool_mode = transaction',
      `default_pool_size = ${poolSize}`,
      'max_client_conn = 200',
      `stats_users = ${urls[0]!.username}`,
      '',
    ].join('\n'),
  };
  const account = findAccount('nobody');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  if (account) for (const path of [folder, ...Object.keys(files).map((name) => join(folder, name))]) chownSync(path, account.uid, account.gid);
  chmodSync(folder, 0o700);
  const through = (url: string) => Object.assign(new URL(url), { port: String(port) }).href;
  const statistics = through(Object.assign(new URL(databases.user), { pathname: '/pgbouncer' }).href);
  let child: ChildProcess;
  const start = async () => {
    child = spawn('/usr/sbin/pgbouncer', [`${folder}/pgbouncer.ini`], { ...account, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr!.on('data', (chunk) => (said += chunk));
    await until('PgBouncer listens', () => {
      if (child.exitCode !== null) throw new Error(`PgBouncer ended: ${said}`);
      return said.includes('process up');
    });
  };
  const end = async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    settings: {
      USER_DATABASE_URL: through(databases.user),
      AUTH_DATABASE_URL: through(databases.auth),
      USER_DATABASE_MIGRATION_URL: databases.user,
      AUTH_DATABASE_MIGRATION_URL: databases.auth,
      USER_DATABASE_POOLER: 'transaction',
      AUTH_DATABASE_POOLER: 'transaction',
    },
    countClients: (database) =>
      withClient(
        statistics,
        async (client) => (await client.query<{ database: string }>('show clients')).rows.filter((row) => row.database === database).length,
      ),
    async restart() {
      await end();
      await start();
    },
    async close() {
      await end();
      rmSync(folder, { recursive: true });
    },
  };
}
