import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findAccount } from '../test/support/account';
import { composeServices, createInstallation } from '../test/support/compose';
import { freePort } from '../test/support/free-port';
import { type ServiceProcess, startProcess, until } from '../test/support/service-process';
import { installed, keepers, portSettings, type ServiceName, services } from '../test/support/settings';

const programs = '/usr/lib/postgresql/15/bin';
// of PostgreSQL, and of all else too: in the containers all have one
const account = findAccount('postgres');
const installation = createInstallation(account);
const data = join(installation.volumes.databases!, 'data');
const secretOf = (path: string) => readFileSync(join(installation.volumes.secrets!, path), 'utf8').trim();
const asPostgres = (program: string, args: string[], env: Record<string, string> = {}) =>
  spawnSync(join(programs, program), args, { encoding: 'utf8', cwd: '/', env: { PATH: process.env.PATH ?? '', ...env }, ...account });

const processes: ServiceProcess[] = [];
let postgres: ChildProcess;
let log = '';
/** Of each address in compose.yaml, the one on this machine. */
let addresses: Record<string, string>;
const toAddresses = (text: string) => Object.entries(addresses).reduce((mapped, [name, address]) => mapped.replaceAll(name, address), text);
/** `user:50051` */
const addressOf = (name: string) => {
  const { http, grpc } = installed.find((service) => service.name === name)!.ports;
  return `${name}:${http ?? grpc}`;
};
const settingsOf = (service: string) => {
  const app = service.replace(/-.*$/, '').toUpperCase();
  const portOf = (name: string) => addresses[name]!.split(':').at(-1)!;
  const main = { [portSettings[app.toLowerCase() as ServiceName][0]]: portOf(addressOf(app.toLowerCase())) };
  return { ...installation.environmentOf(service, toAddresses), ...main, [`${app}_ADMIN_PORT`]: portOf(`${app.toLowerCase()}:admin`) };
};

beforeAll(async () => {
  for (const job of ['certificates', 'secrets'] as const) expect(installation.runJob(job)).toMatchObject({ status: 0, stderr: '' });
  const names = ['postgres:5432', 'valkey:6379', ...services.flatMap((name) => [addressOf(name), `${name}:admin`])];
  // the servers' certificates are for localhost too
  addresses = Object.fromEntries(await Promise.all(names.map(async (name) => [name, `localhost:${await freePort()}`] as const)));
  const port = addresses['postgres:5432']!.split(':')[1]!;
  const { status, stderr } = asPostgres('initdb', [
    '--pgdata',
    data,
    '--username=postgres',
    `--pwfile=${join(installation.volumes.secrets!, 'postgres/password')}`,
    '--encoding=UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  ]);
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  const [, ...args] = composeServices.postgres!.command.map((argument) => installation.toLocal('postgres', argument));
  postgres = spawn(join(programs, 'postgres'), [...args, '-D', data, '-p', port, '-k', data, '-h', 'localhost'], {
    cwd: '/',
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...account,
  });
  postgres.stderr!.on('data', (chunk) => (log += chunk));
  await until('PostgreSQL takes connections', () => /ready to accept connections/.test(log));
  // as its image does: by psql, over the socket, with the password
  const file = '/docker-entrypoint-initdb.d/create-databases.sql';
  const sql = installation.toLocal('postgres', readFileSync(installation.toLocal('postgres', file), 'utf8'));
  const made = spawnSync(
    join(programs, 'psql'),
    ['-v', 'ON_ERROR_STOP=1', '--no-psqlrc', '--host', data, '--port', port, '--username', 'postgres', '--file', '-'],
    { encoding: 'utf8', input: sql, cwd: '/', env: { PATH: process.env.PATH ?? '', PGPASSWORD: secretOf('postgres/password') }, ...account },
  );
  expect([made.status, made.stderr]).toEqual([0, '']);
});
afterAll(async () => {
  for (const { child, exited } of processes) {
    child.kill('SIGKILL');
    await exited;
  }
  if (postgres?.exitCode === null) {
    postgres.kill('SIGINT');
    await once(postgres, 'exit');
  }
  installation.remove();
});

/** Runs the command of a job of compose.yaml, or another, to its end. */
async function run(service: string, command = composeServices[service]!.command[0]!) {
  const [app] = service.split('-');
  const job = startProcess(app!, settingsOf(service), [command]);
  const { code } = await job.exited;
  return { code, stderr: job.stderr() };
}

it('migrates each database, over TLS with the certificates of the first start', async () => {
  for (const { name } of keepers) expect(await run(`${name}-migrate`)).toEqual({ code: 0, stderr: '' });
});

it('is a full system, from signing up to who I am, with its first administrator', async () => {
  for (const service of services) processes.push(startProcess(service, settingsOf(service), composeServices[service]!.command));
  for (const app of services)
    await until(
      `${app} is ready`,
      async () => (await fetch(`http://${addresses[`${app}:admin`]!.replace('localhost', '127.0.0.1')}/readyz`).catch(() => undefined))?.ok === true,
    );
  for (const service of services) expect([service, await run(service, 'healthcheck')]).toEqual([service, { code: 0, stderr: '' }]);
  expect(await run('auth-bootstrap')).toEqual({ code: 0, stderr: '' });
  const url = `http://${addresses['gateway:8080']!.replace('localhost', '127.0.0.1')}`;
  const post = async (path: string, body: object) =>
    (await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
  const { accessToken } = (await post('/v1/auth/signup', { email: 'ada@example.com', password: 'correct horse battery', displayName: 'Ada' })) as {
    accessToken: string;
  };
  expect(await (await fetch(`${url}/v1/users/me`, { headers: { authorization: `Bearer ${accessToken}` } })).json()).toMatchObject({
    email: 'ada@example.com',
    roles: ['ROLE_MEMBER'],
  });
  const administrator = await post('/v1/auth/login', {
    email: composeServices['auth-bootstrap']!.environment!.AUTH_BOOTSTRAP_EMAIL,
    password: secretOf('administrator/password'),
  });
  expect(administrator).toMatchObject({ user: { roles: expect.arrayContaining(['ROLE_ADMIN']) } });
});

it('lets nobody to a database without TLS, without a certificate, with that of another authority, or to the database of the other', () => {
  const port = addresses['postgres:5432']!.split(':')[1]!;
  const certificates = join(installation.volumes.certificates!, 'user');
  const own = {
    sslmode: 'verify-full',
    sslrootcert: join(certificates, 'ca.crt'),
    sslcert: join(certificates, 'tls.crt'),
    sslkey: join(certificates, 'tls.key'),
  };
  const ask = (role: string, database: string, tls: Record<string, string>) => {
    const options = Object.entries({ host: 'localhost', port, user: role, dbname: database, ...tls })
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
    const { status, stdout, stderr } = asPostgres('psql', ['--no-psqlrc', '-Atc', 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()', options], {
      PGPASSWORD: secretOf(`postgres/${role.replace('gatehouse_', '')}-password`),
    });
    return status === 0 ? stdout.trim() : stderr;
  };
  expect(ask('gatehouse_user', 'gatehouse_user', own)).toBe('t');
  expect(ask('gatehouse_user', 'gatehouse_user', { sslmode: 'disable' })).toContain('no pg_hba.conf entry');
  expect(ask('gatehouse_user', 'gatehouse_user', { sslmode: 'require', sslcert: '/nowhere' })).toMatch(/requires a valid client certificate/);
  expect(ask('gatehouse_user', 'gatehouse_auth', own)).toContain('no pg_hba.conf entry');
  expect(ask('gatehouse_auth', 'gatehouse_auth', own)).toBe('t');
  const elsewhere = join(installation.volumes.databases!, 'elsewhere');
  expect(spawnSync(process.execPath, [join(__dirname, '../../cli/src/main.mts'), 'certs', '--out', elsewhere], { ...account }).status).toBe(0);
  expect(ask('gatehouse_user', 'gatehouse_user', { ...own, sslcert: join(elsewhere, 'user/tls.crt'), sslkey: join(elsewhere, 'user/tls.key') })).toMatch(
    /unknown ca/,
  );
  expect(ask('gatehouse_user', 'gatehouse_user', { ...own, sslrootcert: join(elsewhere, 'user/ca.crt') })).toMatch(/certificate verify failed/);
});

it('writes no password into its log', () => {
  expect(log).toContain('ready to accept connections');
  for (const name of ['password', 'user-password', 'auth-password']) expect(log).not.toContain(secretOf(`postgres/${name}`));
});
