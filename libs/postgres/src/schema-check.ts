import { type AppliedRow, compareSet, type MigrationSet } from './migration';
import type { Queryable } from './statement';

/**
 * The names of the migrations that have not been applied, in order, `user/0001_create_users`. One that is unknown is the next
 * version's: what runs goes on beside it, since each migration leaves the version before usable.
 * @throws Error where a migration has changed since it was applied
 */
async function findPendingMigrations(database: Queryable, sets: readonly MigrationSet[], signal?: AbortSignal): Promise<readonly string[]> {
  const [table] = await database.query<{ found: boolean }>({
    name: 'find-schema-migrations-table',
    text: "select to_regclass('schema_migrations') is not null as found",
    signal,
  });
  const rows = table?.found
    ? await database.query<AppliedRow>({ name: 'list-schema-migrations', text: 'select set_name, name, checksum from schema_migrations', signal })
    : [];
  return sets.flatMap((set) => compareSet(set, rows).missing.map(({ name }) => `${set.name}/${name}`));
}

// a schema that is there does not go, but for a backup that is restored under the running process. Milliseconds.
const trustMs = 30_000;

/**
 * A readiness check: whether the schema has what this version needs. Asked for again and again it looks each time until it is so,
 * and then once in 30 seconds.
 * @throws Error that names what is missing, and what to do
 */
export function createSchemaCheck(database: Queryable, sets: readonly MigrationSet[]): (signal?: AbortSignal) => Promise<void> {
  let trustedUntil = 0;
  return async (signal) => {
    if (performance.now() < trustedUntil) return;
    const pending = await findPendingMigrations(database, sets, signal);
    if (pending.length) throw new Error(`the schema is older than this version, it lacks ${pending.join(', ')}: run the command \`migrate\` of this version`);
    trustedUntil = performance.now() + trustMs;
  };
}
