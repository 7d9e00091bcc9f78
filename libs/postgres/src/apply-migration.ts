import { setTimeout as pause } from 'node:timers/promises';
import { type Client, DatabaseError } from 'pg';
import { type Migration, type MigrationSet, toChecksum } from './migration';
import { findSqlState } from './sqlstate';

// Who waits for the lock of a table holds up all that come after: after this long it lets them by, and tries again. Milliseconds.
const lockTimeoutMs = 1_000;
const pausesMs = [2_000, 4_000, 8_000, 15_000];
const lockStates: ReadonlySet<string | undefined> = new Set(['55P03', '40P01']);

const advices: Readonly<Record<string, string>> = {
  '53100': '; the disk of PostgreSQL is full: make room, then run `migrate` again',
  '42501': '; the role of the URL must own the tables',
  '25006': '; this PostgreSQL takes no writes: name its primary in the URL',
};

/** What to do about a failure, as the rest of a sentence; nothing where its message has to do. */
function adviceOf({ message }: Error, state = ''): string {
  const [, extension] = /extension "(\w+)"/.exec(message) ?? [];
  // nobody but who owns the database may, unless it is lent, even of one that PostgreSQL trusts
  if (extension && state === '42501')
    return `; the owner of the database may (\`grant create on database … to …\` lets others), or a superuser runs \`create extension ${extension}\` in it; then run \`migrate\` again`;
  // 58P01 before PostgreSQL 16
  if (/extension/.test(message) && (state === '0A000' || state === '58P01'))
    return '; install the contrib modules of PostgreSQL where it runs, then run `migrate` again';
  return advices[state] ?? '';
}

export interface ApplyOptions {
  /** How long its locks are waited for, in milliseconds. */
  readonly waitMs: number;
  readonly log: (line: string) => void;
}

/**
 * Applies a migration together with its bookkeeping row. A lock that others hold is waited for in short turns, between which their
 * statements go on.
 * @throws Error when it fails, or a lock is not had in time; nothing of it is left then
 */
export async function applyMigration(client: Client, set: MigrationSet, migration: Migration, { waitMs, log }: ApplyOptions): Promise<void> {
  const path = `${set.name}/${migration.name}`;
  const isInSteps = isOutsideTransaction(migration);
  const run = isInSteps ? runSteps : runInTransaction;
  const outcome = isInSteps ? 'what it began is taken away by the next run' : 'it was rolled back';
  const begin = performance.now();
  for (let attempt = 0; ; attempt++)
    try {
      return await run(client, set, migration);
    } catch (cause) {
      // they quote rows, and this is printed
      if (cause instanceof DatabaseError) Object.assign(cause, { detail: undefined, where: undefined });
      const state = findSqlState(cause);
      const left = waitMs - (performance.now() - begin);
      if (!lockStates.has(state))
        throw new Error(`migration ${path} failed, ${outcome}: ${reasonOf(cause as Error, state)}${adviceOf(cause as Error, state)}`, { cause });
      if (left <= 0)
        throw new Error(
          `migration ${path} failed, ${outcome}: others held a lock that it needs for ${waitMs / 1_000} s; end their transactions (the oldest of pg_stat_activity by xact_start), then run \`migrate\` again`,
          { cause },
        );
      const pauseMs = Math.min(pausesMs[attempt] ?? pausesMs.at(-1)!, left);
      log(`${path} needs a lock that others hold: they go on, next attempt in ${Math.ceil(pauseMs / 1_000)} s`);
      await pause(pauseMs);
    }
}

// classes 22, data exception, and P0, what a routine says
const reasonOf = ({ message }: Error, state = ''): string => (/^(22|P0)/.test(state) ? `SQLSTATE ${state}, whose message would quote a value` : message);

async function runInTransaction(client: Client, set: MigrationSet, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
    await client.query(migration.sql);
    await note(client, set, migration);
    await client.query('commit');
  } catch (error) {
    // Without a connection there is nothing to roll back.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}

// `create index concurrently`, which no transaction may hold: the steps begin with what removes the rest of a run that was cut
// short. They queue nobody behind them, so no lock_timeout.
async function runSteps(client: Client, set: MigrationSet, migration: Migration): Promise<void> {
  for (const step of migration.sql.split(/;\s*$/m)) if (step.replaceAll(/^\s*--.*$/gm, '').trim()) await client.query(step);
  await note(client, set, migration);
}

const isOutsideTransaction = ({ sql }: Migration): boolean => /^-- outside a transaction$/m.test(sql);

const note = (client: Client, set: MigrationSet, migration: Migration) =>
  client.query('insert into schema_migrations (set_name, name, checksum) values ($1, $2, $3)', [set.name, migration.name, toChecksum(migration)]);
