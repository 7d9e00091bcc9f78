import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries, readBinaries } from './binaries';
import { hasPassword, prepareCluster } from './cluster';
import { createOwnedDatabase, serves } from './connection';
import { claimDataFolder } from './owner';
import { choosePlace, type Place } from './place';
import { findFreePort, isPortFree } from './port';
import { findPostmaster, spawnPostmaster, stopPostmaster, waitUntilReady } from './postmaster';

export interface PostgresServer {
  /** Of the superuser, database `postgres`, on 127.0.0.1. */
  readonly url: string;
  readonly port: number;
  readonly dataFolder: string;
  /** What had to be put elsewhere or done otherwise, and why; for people. */
  readonly notice?: string;
  urlOf(database: string, user?: { role: string; password: string }): string;
  /** Creates role and database where they are missing; the database is the role's, nobody else may connect. Gives its URL. */
  createDatabase(name: string, owner: { role: string; password: string }): Promise<string>;
  /** `immediate` is a crash for everybody who is connected. */
  restart(mode?: 'fast' | 'immediate'): Promise<void>;
  stop(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Everything that is kept is in here. */
  dataFolder: string;
  /** Folder of an installed server, with its `bin`. Default: the server that npm brought. */
  programs?: string;
  /** Default: the one of the last time, or a free one. */
  port?: number;
  /** Whether a commit survives a loss of power. Default: true. */
  durable?: boolean;
  log?: (line: string) => void;
}

const adviceByCode: Readonly<Record<string, string>> = {
  EACCES: 'the data folder is not yours to write to: start as its owner, or remove it as its owner',
  EROFS: 'the data folder is on a disk that can only be read',
  ENOSPC: 'the disk of the data folder is full: free some 100 MB there and start again',
  EDQUOT: 'your quota on the disk of the data folder is used up: free some 100 MB there and start again',
};

/**
 * Starts the PostgreSQL of a data folder, which is made if it is missing; gives it once it answers. A server that a killed
 * owner left behind is taken over.
 * @throws Error with what to do: no binaries for this platform, folder or port in use, disk full.
 */
export async function startPostgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  let release = () => {};
  try {
    if (!existsSync(options.dataFolder)) mkdirSync(options.dataFolder, { recursive: true, mode: 0o755 });
    const dataFolder = realpathSync(options.dataFolder);
    release = claimDataFolder(dataFolder);
    return await startOwned({ ...options, dataFolder }, release);
  } catch (error) {
    release();
    const advice = adviceByCode[(error as NodeJS.ErrnoException).code ?? ''];
    throw advice ? new Error(`${advice} (${options.dataFolder})`, { cause: error }) : error;
  }
}

async function startOwned(options: PostgresServerOptions, release: () => void): Promise<PostgresServer> {
  const { dataFolder, programs, durable = true, log = () => {} } = options;
  const place = choosePlace(dataFolder, programs === undefined ? findBinaries() : readBinaries(programs));
  const logFile = join(dataFolder, 'server.log');
  const left = findPostmaster(place.cluster);
  if (left && !hasPassword(dataFolder)) await stopPostmaster(left.pid, 'fast');
  const password = await prepareCluster(dataFolder, place, durable);
  const toUrl = (port: number, database = 'postgres', user = { role: 'postgres', password }) =>
    `postgres://${encodeURIComponent(user.role)}:${encodeURIComponent(user.password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;

  /** Tries again where PostgreSQL cannot know better yet: another took the free port, or a killed server's last children still run. */
  async function launch(port: number, anyPort: boolean): Promise<{ pid: number; port: number }> {
    for (let attempt = 1; ; attempt++) {
      const child = spawnPostmaster(place, port, logFile, durable);
      try {
        await waitUntilReady(child, place, logFile, () => serves(toUrl(port), place.cluster));
        writeFileSync(join(dataFolder, 'port'), `${port}\n`);
        return { pid: child.pid as number, port };
      } catch (error) {
        const taken = /could not bind|could not create any TCP\/IP sockets/.test((error as Error).message);
        const early = /pre-existing shared memory block|lock file "postmaster.pid" already exists/.test((error as Error).message);
        if (taken && !anyPort)
          throw new Error(`port ${port} is in use, so PostgreSQL cannot listen there. Choose another, or stop what uses it`, { cause: error });
        if (attempt === 20 || !(taken || early)) throw error;
        if (taken) port = await findFreePort();
        else await sleep(500);
      }
    }
  }

  let running = left && (await adopt(left, place, options.port, toUrl));
  if (running) log(`PostgreSQL (process ${running.pid}) was still running and is used on`);
  else {
    const last = options.port ?? readPort(dataFolder);
    const free = last !== undefined && (await isPortFree(last));
    if (options.port !== undefined && !free)
      throw new Error(`port ${options.port} is in use, so PostgreSQL cannot listen there. Choose another, or stop what uses it`);
    running = await launch(free ? (last as number) : await findFreePort(), options.port === undefined);
    log(`PostgreSQL ${place.version} listens on 127.0.0.1:${running.port}`);
  }
  let { pid } = running;
  const { port } = running;
  return {
    url: toUrl(port),
    port,
    dataFolder,
    ...(place.notice && { notice: place.notice }),
    urlOf: (database, user) => toUrl(port, database, user),
    async createDatabase(name, owner) {
      await createOwnedDatabase(toUrl(port), name, owner);
      return toUrl(port, name, owner);
    },
    async restart(mode = 'fast') {
      await stopPostmaster(pid, mode);
      ({ pid } = await launch(port, false));
    },
    async stop() {
      await stopPostmaster(pid, 'fast');
      release();
    },
  };
}

/** A server that runs on our data already: taken over if it answers where it should, else stopped. */
async function adopt(left: { pid: number; port: number }, place: Place, port: number | undefined, toUrl: (port: number) => string) {
  if ((port ?? left.port) === left.port && (await serves(toUrl(left.port), place.cluster))) return left;
  await stopPostmaster(left.pid, 'fast');
  return undefined;
}

function readPort(dataFolder: string): number | undefined {
  try {
    return Number(readFileSync(join(dataFolder, 'port'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}
