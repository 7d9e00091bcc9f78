import { startTemporaryPostgresServer } from '@gatehouse/postgres-server';
import { toTargets } from '#services';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type Address, openAddress } from './address';
import { freePort } from './free-port';
import { type ServiceProcess, startProcess, until } from './service-process';
import { type Databases, forEach, installed, keepers, portSettings, type ServiceName, services, toSettings } from './settings';

/** A process of a service, beside others of it. */
export interface Replica extends ServiceProcess {
  readonly service: ServiceName;
  /** What its address leads to. */
  readonly port: number;
  readyz(): Promise<{ status: number; checks: Record<string, string> }>;
}

/** Processes of several versions on one pair of databases, each service behind one address. */
export interface Fleet {
  readonly url: string;
  readonly databases: Databases;
  /** Starts a replica that gets no traffic yet. */
  start(service: ServiceName, bundles?: string): Promise<Replica>;
  /** Leads new connections to a ready replica, ends the one before it by SIGTERM, and gives how that ended. */
  replace(next: Replica): Promise<unknown>;
  /** Runs the command of the services that have tables; gives the exit codes and what was said. */
  migrate(bundles?: string): Promise<{ codes: (number | null)[]; output: string }>;
  close(): Promise<void>;
}

/** Opens a fleet without a process, on a PostgreSQL of its own. */
export async function openFleet(): Promise<Fleet> {
  const postgres = await startTemporaryPostgresServer();
  const password = randomBytes(12).toString('hex');
  const names = keepers.map(({ name }) => name as keyof Databases);
  const databases = await forEach(names, (name) => postgres.createDatabase(`fleet_${name}`, { role: `fleet_${name}`, password }));
  const addresses: Record<ServiceName, Address> = await forEach(services, openAddress);
  const target = (service: ServiceName) => `127.0.0.1:${addresses[service].port}`;
  const settings = { ...toSettings(databases, target), SHUTDOWN_GRACE_MS: '200' };
  // an earlier version knows nothing of what came after it, and its gateway refuses to be told
  const builtIn = (bundles?: string) => installed.filter(({ name }) => !bundles || existsSync(`${bundles}/${name}/main.cjs`));
  const targets = (bundles?: string) => toTargets(builtIn(bundles), ({ name }) => target(name as ServiceName));
  const current = new Map<ServiceName, Replica>();
  const running = new Set<ServiceProcess>();
  return {
    url: `http://${target('gateway')}`,
    databases,
    async start(service, bundles) {
      const [port, adminPort] = [await freePort(), await freePort()];
      const [portSetting, adminSetting] = portSettings[service];
      const process = startProcess(service, { ...settings, ...targets(bundles), [portSetting]: String(port), [adminSetting]: String(adminPort) }, [], bundles);
      running.add(process);
      const readyz = () =>
        fetch(`http://127.0.0.1:${adminPort}/readyz`).then(async (response) => ({
          status: response.status,
          ...((await response.json()) as { checks: Record<string, string> }),
        }));
      await until(`${service} listens`, () =>
        readyz().then(
          () => true,
          () => false,
        ),
      );
      return { ...process, service, port, readyz };
    },
    async replace(next) {
      const before = current.get(next.service);
      addresses[next.service].route(next.port);
      current.set(next.service, next);
      if (!before) return undefined;
      before.child.kill('SIGTERM');
      return before.exited;
    },
    async migrate(bundles) {
      const there = builtIn(bundles).filter(({ hasDatabase }) => hasDatabase);
      const runs = there.map(({ name }) => startProcess(name, settings, ['migrate'], bundles));
      const codes = await Promise.all(runs.map(({ exited }) => exited.then(({ code }) => code)));
      return { codes, output: runs.map(({ lines, stderr }) => [...lines.map(({ body }) => body), stderr()].join('\n')).join('\n') };
    },
    async close() {
      for (const { child } of running) child.kill('SIGKILL');
      await Promise.all([...running].map(({ exited }) => exited));
      await Promise.all(Object.values(addresses).map((address) => address.close()));
      await postgres.stop();
    },
  };
}
