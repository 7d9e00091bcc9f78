import { Client } from 'pg';
import { until } from './service-process';

/** Connects to a database for as long as `work` takes. A connection that the work breaks ends nothing but itself. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Keeps what `statement` locks or writes in a transaction that is open as long as `work` takes, and is then rolled back. */
export const whileHolding = (url: string, statement: string, work: (client: Client) => Promise<void>): Promise<void> =>
  withClient(url, async (client) => {
    await client.query('begin');
    try {
      await client.query(statement);
      await work(client);
    } finally {
      await client.query('rollback').catch(() => {});
    }
  });

/** Changes the database for as long as `work` takes. */
export const whileChanged = (url: string, change: string, back: string, work: () => Promise<void>): Promise<void> =>
  withClient(url, async (client) => {
    await client.query(change);
    try {
      await work();
    } finally {
      await client.query(back);
    }
  });

/** Ends every connection of a role, so that those made next have what was set for it since. */
export const endConnections = (superuser: string, role: string): Promise<void> =>
  withClient(superuser, async (client) => void (await client.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role])));

/** Waits until a service's statement that begins so waits for a lock. */
export const untilBlocked = (superuser: string, statement: string): Promise<number> =>
  withClient(superuser, (client) =>
    until(`${statement} waits for a lock`, async () => {
      const { rowCount } = await client.query(
        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'gatehouse-%' and query ilike '%' || $1 || '%'",
        [statement],
      );
      return rowCount! > 0;
    }),
  );
