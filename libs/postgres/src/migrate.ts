import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { MigrationError, Umzug } from 'umzug';
import { applyMigration, type ApplyOptions } from './apply-migration';
import { type DatabaseCertificates, toClientConfig } from './connection-tls';
import { type AppliedRow, compareSet, type MigrationSet } from './migration';

const bookkeeping = `create table if not exists schema_migrations (
  set_name text not null,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now(),
  primary key (set_name, name)
)`;
const turnMs = 250;

export interface MigrateOptions {
  readonly url: string;
  /** What is shown and believed where the URL names no files for that. */
  readonly certificates?: ReturnType<DatabaseCertificates['current']>;
  readonly sets: readonly MigrationSet[];
  /** How long another `migrate` is waited for, and the locks of each migration, in milliseconds. Default: 10 minutes. */
  readonly waitMs?: number;
  readonly log?: (line: string) => void;
}

/**
 * Applies what is missing of the sets, in order, each migration in one transaction with its bookkeeping row. Two at once
 * wait for each other; what a newer version has applied is left as it is. Gives the names of what was applied,
 * `user/0001_create_users`.
 * @throws Error when a migration fails, one that was applied has changed, or something is not had in time.
 */
export async function migrate({ url, certificates, sets, waitMs = 600_000, log = () => {} }: MigrateOptions): Promise<readonly string[]> {
  const { Client: ClientOf = Client, ...config } = toClientConfig(url, certificates && { current: () => certificates });
  const client = new ClientOf({ ...config, application_name: 'gatehouse-migrate', connectionTimeoutMillis: 5_000 });
  // A lost connection rejects the statement that runs, too.
  client.on('error', () => {});
  try {
    await client.connect();
    await requireNoPooler(client);
    // so that a statement does not outlive a killed process, with its locks; not every platform of PostgreSQL can
    await client.query("set client_connection_check_interval = '1s'").catch(() => {});
    // limits of time that the role has for its calls behind a pooler are not for building an index; before PostgreSQL 17 there are two
    await client.query('set statement_timeout = 0; set lock_timeout = 0');
    await client.query('set transaction_timeout = 0').catch(() => {});
    await waitForTurn(client, waitMs, log);
    await client.query(bookkeeping);
    await requireOwnDatabase(client, sets);
    const applied: string[] = [];
    for (const set of sets) applied.push(...(await applySet(client, set, { waitMs, log })));
    if (applied.length === 0) log('nothing to apply');
    return applied;
  } finally {
    await client.end();
  }
}

/** In a session that others get next, lock and settings would stay. A pooler does not tell whose session it gives: the number that it greeted with is its own. */
async function requireNoPooler(client: Client): Promise<void> {
  const { processID } = client as unknown as { readonly processID: number };
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  if (rows[0]!.pid !== processID)
    throw new Error(
      'a pooler answers in the place of PostgreSQL: `migrate` keeps a lock in its session and goes straight to PostgreSQL; name it in the setting that ends with DATABASE_MIGRATION_URL',
    );
}

/** A newer version may have brought a set; who has another's and lacks one of ours is somebody else. */
async function requireOwnDatabase(client: Client, sets: readonly MigrationSet[]): Promise<void> {
  const { rows } = await client.query<{ set_name: string }>('select distinct set_name from schema_migrations order by set_name');
  const recorded = rows.map(({ set_name }) => set_name);
  const others = recorded.filter((name) => !sets.some((set) => set.name === name));
  const lacking = sets.filter(({ name }) => !recorded.includes(name));
  if (others.length && lacking.length)
    throw new Error(
      `the database has the tables of ${others.join(', ')}, and none of ${lacking.map(({ name }) => name).join(', ')}: is its URL that of another service?`,
    );
}

/** Takes the lock of those who migrate: of the session, so that it goes with the connection, however that ends. */
async function waitForTurn(client: Client, waitMs: number, log: (line: string) => void): Promise<void> {
  const begin = performance.now();
  // asked for in turns: who waits in a statement has a snapshot, which `create index concurrently` of the other would wait for
  for (let told = false; ; told = true) {
    const { rows } = await client.query<{ taken: boolean }>("select pg_try_advisory_lock(hashtext('gatehouse.schema_migrations')) as taken");
    if (rows[0]!.taken) return;
    if (performance.now() - begin >= waitMs)
      throw new Error(
        `another \`migrate\` was at work on this database for ${waitMs / 1_000} s: when it has ended (application_name gatehouse-migrate in pg_stat_activity), run this one again`,
      );
    if (!told) log(`another \`migrate\` is at work on this database: waiting for it, at most ${waitMs / 1_000} s`);
    await pause(turnMs);
  }
}

async function applySet(client: Client, set: MigrationSet, options: ApplyOptions): Promise<string[]> {
  const { rows } = await client.query<AppliedRow>('select set_name, name, checksum from schema_migrations where set_name = $1', [set.name]);
  const { missing, unknown } = compareSet(set, rows);
  for (const name of unknown) options.log(`${set.name}/${name} is of a newer version, and stays: this version runs beside it`);
  const umzug = new Umzug({
    logger: undefined,
    migrations: missing.map((migration) => ({
      name: migration.name,
      async up() {
        await applyMigration(client, set, migration, options);
        options.log(`applied ${set.name}/${migration.name}`);
      },
    })),
    storage: {
      executed: async () => [],
      // `applyMigration` writes the row itself, in the transaction of the migration.
      logMigration: async () => {},
      unlogMigration: async () => {},
    },
  });
  try {
    return (await umzug.up()).map(({ name }) => `${set.name}/${name}`);
  } catch (error) {
    throw error instanceof MigrationError ? error.cause : error;
  }
}
