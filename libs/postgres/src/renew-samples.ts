import type { Queryable } from './statement';

// pg_stat_user_tables forgets after a crash; a table of which it knows nothing is looked at anew
const findOldSamples = `
  select relid::regclass::text as "table" from pg_stat_user_tables join pg_class on pg_class.oid = relid
  where pg_has_role(relowner, 'usage')
    and (greatest(last_analyze, last_autoanalyze) is null
         or (n_mod_since_analyze > 0 and greatest(last_analyze, last_autoanalyze) < now() - $1 * interval '1 millisecond'))`;

/**
 * Has PostgreSQL take anew what it has noted of columns for its planner, where that is older than it may be and rows have changed since: there are values
 * of rows in it, also of those that are gone, until somebody does. Autovacuum does when a tenth of a table has changed, which may take years.
 * Tables that somebody else analyses, or owns, are passed over.
 * @param maxAgeMs how old it may be, in milliseconds
 */
export async function renewSamples(db: Queryable, maxAgeMs: number): Promise<void> {
  const tables = await db.query<{ table: string }>({ name: 'purge-find-old-samples', text: findOldSamples, values: [maxAgeMs] });
  for (const { table } of tables) await db.query({ name: 'purge-samples', isPrepared: false, text: `analyze (skip_locked) ${table}` });
}
