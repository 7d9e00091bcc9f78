import { startPostgresServer } from '@gatehouse/postgres-server';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port';
import { type ServiceProcess, startProcess, until } from './service-process';
import { type Databases, forEach, keepers, portSettings, type ServiceName, services, toSettings } from './settings';

export { type ServiceName, services } from './settings';

export interface Gatehouse {
  readonly url: string;
  readonly ports: Readonly<Record<'http' | 'userGrpc' | 'authGrpc' | `${ServiceName}Admin`, number>>;
  /** Stops PostgreSQL for as long as `work` takes. */
  withoutPostgres(work: () => Promise<void>): Promise<void>;
  /** Has PostgreSQL crash, and start again. */
  crashPostgres(): Promise<void>;
  readonly databases: Databases;
  /** The same databases, as PostgreSQL's superuser. */
  readonly superuser: Databases;
  /** What the services are started with. */
  readonly settings: Readonly<Record<string, string>>;
  readonly processes: Record<ServiceName, ServiceProcess>;
  readonly administrator: { readonly email: string; readonly password: string };
  /** Runs a command of a service, such as `migrate`, to its end, and gives what it said. @throws when that is a failure */
  run(service: ServiceName, command: string, ...options: string[]): Promise<string>;
  /** Starts a service, again or for the first time. */
  start(service: ServiceName): void;
  /** Stops a service as an orchestrator does. */
  stop(service: ServiceName): Promise<void>;
  readyz(service: ServiceName): Promise<number>;
  /** Waits until all are ready. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

export interface GatehouseOptions {
  env?: Record<string, string>;
  /** What one service alone is started with. */
  own?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  /** In which the services are started. */
  order?: readonly ServiceName[];
  /** Folder of the built services; this workspace's own if there is none. */
  bundles?: string;
  /** Settings that only the running PostgreSQL gives, such as those of a pooler before it. */
  withDatabases?: (databases: Gatehouse['databases']) => Promise<Record<string, string>>;
  /** Folder of an installed PostgreSQL; the one that npm brought if there is none. */
  postgres?: string;
}

/** The built services as processes, on a PostgreSQL of their own. */
export async function startGatehouse({
  env = {},
  own = {},
  order = services,
  bundles,
  postgres: programs,
  withDatabases,
}: GatehouseOptions = {}): Promise<Gatehouse> {
  const dataFolder = mkdtempSync(join(tmpdir(), 'gatehouse e2e '));
  chmodSync(dataFolder, 0o711); // PostgreSQL's account passes through when we are root
  let postgres = await startPostgresServer({ dataFolder, programs, durable: false });
  const names = keepers.map(({ name }) => name as keyof Databases);
  const password = () => randomBytes(12).toString('hex');
  const databases = await forEach(names, (name) => postgres.createDatabase(`gatehouse_${name}`, { role: `gatehouse_${name}`, password: password() }));
  const listening = await forEach(services, async () => [await freePort(), await freePort()] as const);
  const ports = {
    http: listening.gateway[0],
    ...Object.fromEntries(
      services.flatMap((service) => [
        [`${service}Grpc`, listening[service][0]],
        [`${service}Admin`, listening[service][1]],
      ]),
    ),
  } as Gatehouse['ports'];
  const administrator = { email: 'root@example.com', password: 'a password for the administrator' };
  const settings: Record<string, string> = {
    ...toSettings(databases, (service) => `127.0.0.1:${listening[service][0]}`),
    ...Object.fromEntries(services.flatMap((service) => portSettings[service].map((setting, index) => [setting, String(listening[service][index])]))),
    AUTH_BOOTSTRAP_EMAIL: administrator.email,
    AUTH_BOOTSTRAP_PASSWORD: administrator.password,
    ...env,
    ...(await withDatabases?.(databases)),
  };
  const processes = {} as Record<ServiceName, ServiceProcess>;
  const readyz = (service: ServiceName) =>
    fetch(`http://127.0.0.1:${ports[`${service}Admin` as const]}/readyz`).then(
      ({ status }) => status,
      () => 0,
    );
  const ready = async () => {
    for (const service of services) await until(`${service} is ready`, async () => (await readyz(service)) === 200);
  };
  const settingsOf = (service: ServiceName) => ({ ...settings, ...own[service] });
  const run: Gatehouse['run'] = async (service, ...args) => {
    const { child, exited, stderr, lines } = startProcess(service, settingsOf(service), args, bundles);
    const [{ code }] = await Promise.all([exited, once(child, 'close')]);
    if (code !== 0) throw new Error(`${service} ${args.join(' ')} ended with ${code}: ${stderr()}`);
    return lines.map(({ body }) => body).join('\n');
  };

  for (const service of order) processes[service] = startProcess(service, settingsOf(service), [], bundles);
  await Promise.all(names.map((name) => run(name, 'migrate')));
  await ready();
  await run('auth', 'bootstrap');
  return {
    url: `http://127.0.0.1:${ports.http}`,
    ports,
    async withoutPostgres(work) {
      await postgres.stop();
      await work();
      postgres = await startPostgresServer({ dataFolder, programs, port: postgres.port, durable: false });
    },
    crashPostgres: () => postgres.restart('immediate'),
    databases,
    superuser: { user: postgres.urlOf('gatehouse_user'), auth: postgres.urlOf('gatehouse_auth') },
    settings,
    processes,
    administrator,
    run,
    start: (service) => void (processes[service] = startProcess(service, settingsOf(service), [], bundles)),
    async stop(service) {
      processes[service].child.kill('SIGTERM');
      await processes[service].exited;
    },
    readyz,
    ready,
    async close() {
      for (const { child } of Object.values(processes)) child.kill('SIGKILL');
      await Promise.all(Object.values(processes).map(({ exited }) => exited));
      await postgres.stop();
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}
