import { type PostgresServer, startPostgresServer } from '@gatehouse/postgres-server';
import { connect } from 'node:net';
import type { Secrets } from './environment';
import { StartError } from './ports';

export interface Databases {
  readonly urls: { readonly user: string; readonly auth: string };
  stop(): Promise<void>;
}

/** The databases of the environment, and for each that is not in it one on a PostgreSQL of our own. */
export async function openDatabases(folder: string, environment: NodeJS.ProcessEnv, secrets: Secrets, tell: (text: string) => void): Promise<Databases> {
  const { USER_DATABASE_URL, AUTH_DATABASE_URL } = environment;
  if (USER_DATABASE_URL && AUTH_DATABASE_URL) return { urls: { user: USER_DATABASE_URL, auth: AUTH_DATABASE_URL }, stop: async () => {} };
  tell('starting PostgreSQL');
  const server = await startPostgresServer({ dataFolder: `${folder}/postgres` }).catch((cause: Error) => {
    throw new StartError(`PostgreSQL cannot be started: ${cause.message}`, { cause });
  });
  if (server.notice) tell(server.notice);
  const watch = keepAlive(server, tell);
  try {
    const create = (name: string, password: string) => server.createDatabase(name, { role: name, password });
    return {
      urls: {
        user: USER_DATABASE_URL || (await create('gatehouse_user', secrets.userDatabasePassword)),
        auth: AUTH_DATABASE_URL || (await create('gatehouse_auth', secrets.authDatabasePassword)),
      },
      stop: () => {
        watch.stop();
        return watch.idle().then(() => server.stop());
      },
    };
  } catch (error) {
    watch.stop();
    await server.stop();
    throw error;
  }
}

const watchMs = 1_000;

/** Starts a server again that ended by itself; the services heal when it is back. */
function keepAlive(server: PostgresServer, tell: (text: string) => void) {
  let round: Promise<void> = Promise.resolve();
  const look = async () => {
    if (await answers(server.port)) return;
    tell('PostgreSQL ended by itself: starting it again');
    await server.restart('immediate').catch((error) => tell(`PostgreSQL could not be started again: ${(error as Error).message}`));
  };
  let isIdle = true;
  const timer = setInterval(() => {
    if (!isIdle) return;
    isIdle = false;
    round = look().finally(() => (isIdle = true));
  }, watchMs);
  return { stop: () => clearInterval(timer), idle: () => round };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
}
