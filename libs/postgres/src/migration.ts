import { createHash } from 'node:crypto';

/** A step from one state of the tables to the next; never changed once it has been applied anywhere. */
export interface Migration {
  /** `0001_create_users` */
  readonly name: string;
  /** Run in one transaction, unless a line of it is `-- outside a transaction`. */
  readonly sql: string;
}

/** The migrations of one owner of tables, in their order. */
export interface MigrationSet {
  /** `user`, `idempotency` */
  readonly name: string;
  readonly migrations: readonly Migration[];
}

/** What the database says of a migration. */
export interface AppliedRow {
  readonly set_name: string;
  readonly name: string;
  readonly checksum: string;
}

/** How a set and a database differ. */
export interface SetState {
  /** In their order. */
  readonly missing: readonly Migration[];
  /** Names of those that a newer version has applied. */
  readonly unknown: readonly string[];
}

/**
 * Compares a set with what was applied.
 * @throws Error when a migration has changed since, or the database is of another line of versions: it has what this one does not
 * know, and lacks what this one has.
 */
export function compareSet(set: MigrationSet, rows: readonly AppliedRow[]): SetState {
  const applied = new Map(rows.filter((row) => row.set_name === set.name).map(({ name, checksum }) => [name, checksum]));
  for (const migration of set.migrations) {
    const checksum = applied.get(migration.name);
    if (checksum !== undefined && checksum !== toChecksum(migration))
      throw new Error(`migration ${set.name}/${migration.name} has changed since it was applied: restore it, and write a new one`);
  }
  const missing = set.migrations.filter(({ name }) => !applied.has(name));
  const unknown = [...applied.keys()].filter((name) => !set.migrations.some((migration) => migration.name === name)).sort();
  if (missing.length && unknown.length)
    throw new Error(
      `the database has ${toPaths(set, unknown)}, which this version does not know, and lacks ${toPaths(
        set,
        missing.map(({ name }) => name),
      )}: run \`migrate\` of a version that has both`,
    );
  return { missing, unknown };
}

const toPaths = (set: MigrationSet, names: readonly string[]): string => names.map((name) => `${set.name}/${name}`).join(', ');

/** SHA-256 of the text, in hexadecimal digits. */
export const toChecksum = ({ sql }: Migration): string => createHash('sha256').update(sql).digest('hex');
