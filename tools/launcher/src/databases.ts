import { type PostgresServer, startPostgresServer } from '@gatehouse/postgres-server';
import type { Secrets } from './environment';

export interface Databases {
  readonly urls: { readonly user: string; readonly auth: string };
  stop(): Promise<void>;
}

/** The databases of the environment, and for each that is not in it one on a PostgreSQL of our own. */
export async function openDatabases(folder: string, environment: NodeJS.ProcessEnv, secrets: Secrets, tell: (text: string) => void): Promise<Databases> {
  const { USER_DATABASE_URL, AUTH_DATABASE_URL } = environment;
  if (USER_DATABASE_URL && AUTH_DATABASE_URL) return { urls: { user: USER_DATABASE_URL, auth: AUTH_DATABASE_URL }, stop: async () => {} };
  tell('starting PostgreSQL');
  const server: PostgresServer = await startPostgresServer({ dataFolder: `${folder}/postgres` });
  if (server.notice) tell(server.notice);
  try {
    const create = (name: string, password: string) => server.createDatabase(name, { role: name, password });
    return {
      urls: {
        user: USER_DATABASE_URL || (await create('gatehouse_user', secrets.userDatabasePassword)),
        auth: AUTH_DATABASE_URL || (await create('gatehouse_auth', secrets.authDatabasePassword)),
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
