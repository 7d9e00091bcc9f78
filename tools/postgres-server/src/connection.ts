import { Client } from 'pg';

/** Runs `use` with a connection of its own, which ends with it. */
export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000, application_name: 'gatehouse-postgres-server' });
  // A server that stops while we wait for an answer says so twice: by the rejected query, and by this event.
  client.on('error', () => {});
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end();
  }
}

/** Whether the server at `url` answers and is the one of this data directory. */
export async function serves(url: string, cluster: string): Promise<boolean> {
  try {
    return await withClient(url, async (client) => (await client.query('show data_directory')).rows[0].data_directory === cluster);
  } catch {
    return false;
  }
}

/** Creates a role that may log in and a database that it owns, where they are missing, and sets the role's password. */
export const createOwnedDatabase = (url: string, name: string, owner: { role: string; password: string }): Promise<void> =>
  withClient(url, async (client) => {
    const [database, role] = [client.escapeIdentifier(name), client.escapeIdentifier(owner.role)];
    // A statement that fails is logged with its text, which here holds a password.
    await client.query('set log_min_error_statement = panic');
    // Two at once would both find the role missing.
    await client.query("select pg_advisory_lock(hashtext('gatehouse-postgres-server'))");
    const { rowCount: roles } = await client.query('select from pg_roles where rolname = $1', [owner.role]);
    await client.query(`${roles ? 'alter' : 'create'} role ${role} login password ${client.escapeLiteral(owner.password)}`);
    const { rowCount: databases } = await client.query('select from pg_database where datname = $1', [name]);
    await client.query(databases ? `alter database ${database} owner to ${role}` : `create database ${database} owner ${role}`);
    await client.query(`revoke connect, temporary on database ${database} from public`);
  });
