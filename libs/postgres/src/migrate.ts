import { createHash } from 'node:crypto';
import { Client, DatabaseError } from 'pg';
import { MigrationError, Umzug } from 'umzug';
import { type DatabaseCertificates, toClientConfig } from './connection-tls';
import type { Queryable } from './statement';

/** A step from one state of the tables to the next; never changed once it has been applied anywhere. */
export interface Migration {
  /** `0001_create_users` */
  readonly name: string;
  readonly sql: string;
}

/** The migrations of one owner of tables, in their order. */
export interface MigrationSet {
  /** `user`, `idempotency` */
  readonly name: string;
  readonly migrations: readonly Migration[];
}

interface AppliedRow {
  readonly set_name: string;
  readonly name: string;
  readonly checksum: string;
}

const bookkeeping = `create table if not exists schema_migrations (
  set_name text not null,
  name text not null,
  checksum text not null,
  applied_at timestamptz not null default now(),
  primary key (set_name, name)
)`;

/**
 * Applies what is missing of the sets, in order, each migration in one transaction with its bookkeeping row. Two at once
 * wait for each other. Gives the names of what was applied, `user/0001_create_users`.
 * @throws Error when a migration fails, or one that was applied is changed or unknown.
 */
export async function migrate(options: { url: string; certificates?: ReturnType<DatabaseCertificates['current']>; sets: readonly MigrationSet[]; log?: (line: string) => void }): Promise<readonly string[]> {
  const { url, certificates } = options;
  const { Client: ClientOf = Client, ...config } = toClientConfig(url, certificates && { current: () => certificates });
  const client = new ClientOf({ ...config, application_name: 'gatehouse-migrate', connectionTimeoutMillis: 5_000 });
  // A lost connection rejects the statement that runs, too.
  client.on('error', () => {});
  try {
    await client.connect();
    // Of the session: it goes with the connection, however this ends.
    await client.query("select pg_advisory_lock(hashtext('gatehouse.schema_migrations'))");
    await client.query(bookkeeping);
    const applied: string[] = [];
    for (const set of options.sets) {
      for (const name of await applySet(client, set)) {
        applied.push(name);
        options.log?.(`applied ${name}`);
      }
    }
    return applied;
  } finally {
    await client.end();
  }
}

/**
 * The names of the migrations that have not been applied, in order; throws as `migrate` does for changed ones. One that is
 * unknown is the next version's: what runs goes on beside it, since each migration leaves the version before usable.
 */
export async function findPendingMigrations(database: Queryable, sets: readonly MigrationSet[], signal?: AbortSignal): Promise<readonly string[]> {
  const [table] = await database.query<{ found: boolean }>({
    name: 'find-schema-migrations-table',
    text: "select to_regclass('schema_migrations') is not null as found",
    signal,
  });
  const rows = table?.found
    ? await database.query<AppliedRow>({ name: 'list-schema-migrations', text: 'select set_name, name, checksum from schema_migrations', signal })
    : [];
  return sets.flatMap((set) => {
    const known = rows.filter((row) => row.set_name !== set.name || set.migrations.some(({ name }) => name === row.name));
    const applied = toAppliedNames(set, known);
    return set.migrations.filter(({ name }) => !applied.includes(name)).map(({ name }) => `${set.name}/${name}`);
  });
}

async function applySet(client: Client, set: MigrationSet): Promise<string[]> {
  const { rows } = await client.query<AppliedRow>('select set_name, name, checksum from schema_migrations where set_name = $1', [set.name]);
  const before = toAppliedNames(set, rows);
  const umzug = new Umzug({
    logger: undefined,
    migrations: set.migrations.map((migration) => ({ name: migration.name, up: () => apply(client, set, migration) })),
    storage: {
      executed: async () => before,
      // `apply` writes the row itself, in the transaction of the migration.
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

async function apply(client: Client, set: MigrationSet, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.sql);
    await client.query('insert into schema_migrations (set_name, name, checksum) values ($1, $2, $3)', [set.name, migration.name, toChecksum(migration)]);
    await client.query('commit');
  } catch (cause) {
    // Without a connection there is nothing to roll back.
    await client.query('rollback').catch(() => {});
    // they quote rows, and this is printed
    if (cause instanceof DatabaseError) Object.assign(cause, { detail: undefined, where: undefined });
    throw new Error(`migration ${set.name}/${migration.name} failed and was rolled back: ${(cause as Error).message}`, { cause });
  }
}

/** The names of a set's applied migrations, once each is known to be what was applied. */
function toAppliedNames(set: MigrationSet, rows: readonly AppliedRow[]): string[] {
  const own = rows.filter((row) => row.set_name === set.name);
  for (const { name, checksum } of own) {
    const migration = set.migrations.find((candidate) => candidate.name === name);
    if (!migration) throw new Error(`the database has migration ${set.name}/${name}, which this version does not know: run the version that does`);
    if (toChecksum(migration) !== checksum) throw new Error(`migration ${set.name}/${name} has changed since it was applied: restore it, and write a new one`);
  }
  return own.map(({ name }) => name);
}

const toChecksum = ({ sql }: Migration): string => createHash('sha256').update(sql).digest('hex');
