import { createDatabase, type Database } from '@gatehouse/postgres';

/**
 * Puts people into a database of the service, beside those that are there, and brings its statistics up to date. Of each hundred people two
 * are suspended and one is deleted; of each thousand one is an administrator.
 */
export async function insertManyPeople(database: Database, count: number): Promise<void> {
  const run = (name: string, text: string, values: readonly unknown[] = []) => database.query({ name, text, values });
  await run(
    'insert-many-people',
    `insert into users (id, email, display_name, given_name, family_name, username, phone, status, roles, create_time, delete_time, purge_time)
     select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, given || '.' || n || '@example.com', given || ' ' || family, given, family,
       case when n % 3 = 0 then 'user-' || n else '' end, case when n % 2 = 0 then '+4930' || 1000000 + n else '' end,
       case when n % 100 < 3 then 'suspended' else 'active' end,
       case when n % 1000 = 500 then '{admin,member}'::text[] else '{member}' end,
       timestamptz '2026-01-01T00:00:00Z' + n * interval '1 minute',
       case when n % 100 = 0 then timestamptz '2026-06-01T00:00:00Z' end, case when n % 100 = 0 then timestamptz '2026-07-01T00:00:00Z' end
     from generate_series(1, $1::int) n,
       lateral (select (array['ada', 'anna', 'bengt', 'chen', 'lea', 'omar'])[1 + n % 6] as given, 'family' || n % 500 as family) names`,
    [count],
  );
  await run('insert-many-external-ids', `insert into user_external_ids select 'directory', 'person-' || row_number() over (), id from users`);
  await run('analyze-people', 'analyze users, user_external_ids');
}

export const openDatabase = (url: string): Database => createDatabase({ url, applicationName: 'user-test' });
