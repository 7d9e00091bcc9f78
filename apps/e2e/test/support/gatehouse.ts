import { startPostgresServer } from '@gatehouse/postgres-server';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port';
import { type ServiceProcess, startProcess, until } from './service-process';
import { toSettings, toTargets } from './settings';

export const services = ['user', 'auth', 'gateway'] as const;
export type ServiceName = (typeof services)[number];

export interface Gatehouse {
  readonly url: string;
  readonly ports: Readonly<Record<'http' | 'userGrpc' | 'authGrpc' | 'gatewayAdmin' | 'userAdmin' | 'authAdmin', number>>;
  /** Stops PostgreSQL for as long as `work` takes. */
  withoutPostgres(work: () => Promise<void>): Promise<void>;
  readonly databases: Readonly<Record<'user' | 'auth', string>>;
  /** The same databases, as PostgreSQL's superuser. */
  readonly superuser: Readonly<Record<'user' | 'auth', string>>;
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
  /** Waits until all three are ready. */
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

/** The three built services as processes, on a PostgreSQL of their own. */
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
  const databases = {
    user: await postgres.createDatabase('gatehouse_user', { role: 'gatehouse_user', password: randomBytes(12).toString('hex') }),
    auth: await postgres.createDatabase('gatehouse_auth', { role: 'gatehouse_auth', password: randomBytes(12).toString('hex') }),
  };
  const [http, userGrpc, authGrpc, gatewayAdmin, userAdmin, authAdmin] = (await Promise.all(Array.from({ length: 6 }, freePort))) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const ports = { http, userGrpc, authGrpc, gatewayAdmin, userAdmin, authAdmin };
  const administrator = { email: 'root@example.com', password: 'a password for the administrator' };
  const settings: Record<string, string> = {
    ...toSettings(databases, toTargets(`127.0.0.1:${userGrpc}`, `127.0.0.1:${authGrpc}`)),
    GATEWAY_HTTP_PORT: String(http),
    USER_GRPC_PORT: String(userGrpc),
    AUTH_GRPC_PORT: String(authGrpc),
    GATEWAY_ADMIN_PORT: String(gatewayAdmin),
    USER_ADMIN_PORT: String(userAdmin),
    AUTH_ADMIN_PORT: String(authAdmin),
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
  await Promise.all([run('user', 'migrate'), run('auth', 'migrate')]);
  await ready();
  await run('auth', 'bootstrap');
  return {
    url: `http://127.0.0.1:${http}`,
    ports,
    async withoutPostgres(work) {
      await postgres.stop();
      await work();
      postgres = await startPostgresServer({ dataFolder, programs, port: postgres.port, durable: false });
    },
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
