import { type Service, toSetting } from '#services';
import { type PostgresServer, startPostgresServer } from '@gatehouse/postgres-server';
import { connect } from 'node:net';
import { passwordOf, type Secrets } from './environment';
import { StartError } from './ports';

export interface Databases {
  /** By the names of their services. */
  readonly urls: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** The databases of the environment, and for each that is not in it one on a PostgreSQL of our own. */
export async function openDatabases(
  services: readonly Service[],
  folder: string,
  environment: NodeJS.ProcessEnv,
  secrets: Secrets,
  tell: (text: string) => void,
): Promise<Databases> {
  const keepers = services.filter(({ hasDatabase }) => hasDatabase);
  const givenUrl = (service: Service) => environment[toSetting(service, 'DATABASE_URL')];
  if (keepers.every(givenUrl)) return { urls: Object.fromEntries(keepers.map((service) => [service.name, givenUrl(service)!])), stop: async () => {} };
  tell('starting PostgreSQL');
  const server = await startPostgresServer({ dataFolder: `${folder}/postgres` }).catch((cause: Error) => {
    throw new StartError(`PostgreSQL cannot be started: ${cause.message}`, { cause });
  });
  if (server.notice) tell(server.notice);
  const watch = keepAlive(server, tell);
  try {
    const urls = new Map<string, string>();
    for (const service of keepers) {
      const role = `gatehouse_${service.name}`;
      urls.set(service.name, givenUrl(service) || (await server.createDatabase(role, { role, password: passwordOf(service, secrets) })));
    }
    return {
      urls: Object.fromEntries(urls),
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
