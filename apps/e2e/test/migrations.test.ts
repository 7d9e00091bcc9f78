import { startPostgresServer, type PostgresServer } from '@gatehouse/postgres-server';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from './support/free-port';
import { type ServiceProcess, startProcess, until } from './support/service-process';
import { whileHolding, withClient } from './support/with-client';

let dataFolder: string;
let postgres: PostgresServer;
let settings: Record<string, string>;
let database: string;
const running: ServiceProcess[] = [];
beforeAll(async () => {
  dataFolder = mkdtempSync(join(tmpdir(), 'gatehouse migrations '));
  chmodSync(dataFolder, 0o711); // PostgreSQL's account passes through when we are root
  postgres = await startPostgresServer({ dataFolder, durable: false });
});
beforeEach(async () => {
  const name = `migrations_${randomBytes(4).toString('hex')}`;
  database = await postgres.createDatabase(name, { role: name, password: name });
  settings = { USER_DATABASE_URL: database, USER_SECRET_KEY: randomBytes(32).toString('base64'), USER_GRPC_PORT: '0', USER_VERIFIER_TARGET: '127.0.0.1:1' };
});
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await postgres.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

const start = (command: string, more: Record<string, string> = {}): ServiceProcess => {
  const process = startProcess('user', { ...settings, ...more }, [command]);
  running.push(process);
  return process;
};
const saidBy = ({ lines }: ServiceProcess) => lines.map(({ body }) => body);
const namesOf = (set: string, folder: string) => readdirSync(resolve(__dirname, '../../..', folder)).map((file) => `${set}/${file.replace('.sql', '')}`);
const all = [
  ...namesOf('idempotency', 'libs/idempotency/src/migrations'),
  ...namesOf('outbox', 'libs/outbox/src/migrations'),
  ...namesOf('user', 'apps/user/src/postgres/migrations'),
];
const toLines = (names: readonly string[]) => names.map((name) => `applied ${name}`);
const ask = async <Row extends object>(text: string) => withClient(database, async (client) => (await client.query<Row>(text)).rows);
const migrateToTheEnd = async () => {
  const migration = start('migrate');
  expect(await migration.exited).toEqual({ code: 0, signal: null });
  return saidBy(migration);
};
const whatIsThere = () => ask<{ name: string }>("select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'");
const isAtWork = (where: string) =>
  withClient(
    postgres.urlOf('postgres'),
    async (client) =>
      (
        await client.query(`select from pg_stat_activity where application_name = 'gatehouse-migrate' and datname = $1 and ${where}`, [
          new URL(database).pathname.slice(1),
        ])
      ).rowCount! > 0,
  );
const lockOfThoseWhoMigrate = "select pg_advisory_xact_lock(hashtext('gatehouse.schema_migrations'))";

it('a service without its tables starts, is not ready, names the migrations that it lacks, and is ready once they have run, in the same process', async () => {
  const adminPort = await freePort();
  const service = start('serve', { USER_ADMIN_PORT: String(adminPort) });
  const checks = async () =>
    ((await (await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined))?.json()) as { checks?: Record<string, string> } | undefined)?.checks;
  await until('it says what it lacks', () =>
    service.lines.some((line) =>
      JSON.stringify(line).includes(`the schema is older than this version, it lacks ${all.join(', ')}: run the command \`migrate\` of this version`),
    ),
  );
  await until('it has found its database', async () => (await checks())?.database === 'ok');
  expect(await checks()).toMatchObject({ migrations: 'failing' });
  expect(await migrateToTheEnd()).toEqual(toLines(all));
  await until('its schema is there', async () => (await checks())?.migrations === 'ok');
  expect(service.child.exitCode).toBeNull();
});

it('migrate of an older version leaves a newer schema as it is, says so and ends with 0', async () => {
  await migrateToTheEnd();
  await ask("alter table users add column nickname text; insert into schema_migrations values ('user', '0099_add_nickname', 'of the next version')");
  expect(await migrateToTheEnd()).toEqual(['user/0099_add_nickname is of a newer version, and stays: this version runs beside it', 'nothing to apply']);
  expect(await ask('select nickname from users')).toEqual([]);
});

it('two at once: one waits for the other, says so, and finds nothing left to do', async () => {
  const line = 'another `migrate` is at work on this database: waiting for it, at most 600 s';
  const two: ServiceProcess[] = [];
  await whileHolding(database, lockOfThoseWhoMigrate, async () => {
    two.push(start('migrate'), start('migrate'));
    for (const one of two) await until('it says that it waits', () => saidBy(one).includes(line));
  });
  for (const { exited } of two) expect(await exited).toEqual({ code: 0, signal: null });
  expect(two.map((one) => saidBy(one).slice(1)).sort((one, other) => other.length - one.length)).toEqual([toLines(all), ['nothing to apply']]);
});

it('who has waited for as long as it was told ends with 1, and says for what', async () => {
  await whileHolding(database, lockOfThoseWhoMigrate, async () => {
    const late = start('migrate', { USER_MIGRATE_WAIT_SECONDS: '1' });
    expect(await late.exited).toEqual({ code: 1, signal: null });
    expect(late.stderr()).toContain('another `migrate` was at work on this database for 1 s');
  });
  expect(await migrateToTheEnd()).toEqual(toLines(all));
});

it('killed in the middle of a migration it leaves nothing of it, and no lock; the next one goes on', async () => {
  await ask(
    'create table schema_migrations (set_name text not null, name text not null, checksum text not null, applied_at timestamptz not null default now(), primary key (set_name, name))',
  );
  // the tables of the first migration are made, and it cannot write down that they are
  await whileHolding(database, 'lock table schema_migrations in exclusive mode', async () => {
    const killed = start('migrate');
    await until('it is in the middle', () => isAtWork("query ilike 'insert into schema_migrations%' and wait_event_type = 'Lock'"));
    killed.child.kill('SIGKILL');
    expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await until('its connection is gone, while what it waited for still stands', async () => !(await isAtWork('true')));
  });
  expect(await whatIsThere()).toEqual([{ name: 'schema_migrations' }]);
  expect(await migrateToTheEnd()).toEqual(toLines(all));
});

it('a table that is held on to is waited for in turns, between which its readers and writers go on', async () => {
  await migrateToTheEnd();
  await ask("delete from schema_migrations where name in ('0002_fold_emails_alike', '0003_lower_email_domains')");
  let migration!: ServiceProcess;
  await whileHolding(database, 'select from users', async () => {
    migration = start('migrate');
    await until('it lets others by', () =>
      saidBy(migration).includes('user/0002_fold_emails_alike needs a lock that others hold: they go on, next attempt in 2 s'),
    );
    await ask("insert into users (id, email, display_name) values (gen_random_uuid(), 'ada@example.com', 'Ada')");
    expect(await ask('select email from users')).toEqual([{ email: 'ada@example.com' }]);
  });
  expect(await migration.exited).toEqual({ code: 0, signal: null });
  expect(saidBy(migration).slice(-2)).toEqual(toLines(['user/0002_fold_emails_alike', 'user/0003_lower_email_domains']));
});
