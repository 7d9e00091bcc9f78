import { toTargets } from '#services';
import { readFileSync } from 'node:fs';
import { freePort } from './free-port';
import { type Gatehouse, type ServiceName, services } from './gatehouse';
import { type ServiceProcess, startProcess, until } from './service-process';
import { forEach, installed, portSettings } from './settings';

/** One process of a service. */
export interface Replica {
  readonly service: ServiceName;
  readonly process: ServiceProcess;
  /** Of its public or gRPC port. */
  readonly port: number;
  /** A metric of the process, the sum of all series that begin so. */
  read(series: string): Promise<number>;
}

export interface Replicas {
  readonly all: Readonly<Record<ServiceName, readonly Replica[]>>;
  /** Starts the last replica of `user`, which was left out, and waits until it is ready. */
  startLast(): Promise<Replica>;
  close(): Promise<void>;
}

/**
 * So many processes of each service, on the databases and secrets of an installation whose own are stopped. Each calls
 * the addresses of all of those that it needs; the last of `user` is not there yet.
 */
export async function startReplicas(gatehouse: Gatehouse, count: number): Promise<Replicas> {
  const ports = await forEach(services, () => Promise.all(Array.from({ length: count }, freePort)));
  const toTarget = (service: ServiceName) => `ipv4:${ports[service].map((port) => `127.0.0.1:${port}`).join(',')}`;
  const settings = { ...gatehouse.settings, ...toTargets(installed, ({ name }) => toTarget(name as ServiceName)) };
  const all = await forEach(services, async (): Promise<Replica[]> => []);
  const start = async (service: ServiceName, port: number): Promise<Replica> => {
    const admin = await freePort();
    const [portSetting, adminSetting] = portSettings[service];
    const process = startProcess(service, { ...settings, [portSetting]: String(port), [adminSetting]: String(admin) });
    const replica = { service, process, port, read: (series: string) => readSeries(admin, series) };
    all[service].push(replica);
    await until(`${service} is ready`, async () => (await fetch(`http://127.0.0.1:${admin}/readyz`).catch(() => undefined))?.status === 200, 60_000);
    return replica;
  };
  const missing = ports.user.at(-1)!;
  await Promise.all(services.flatMap((service) => ports[service].filter((port) => port !== missing).map((port) => start(service, port))));
  return {
    all,
    startLast: () => start('user', missing),
    async close() {
      const processes = Object.values(all)
        .flat()
        .map(({ process }) => process);
      for (const { child } of processes) child.kill('SIGTERM');
      await Promise.all(processes.map(({ exited }) => exited));
    },
  };
}

async function readSeries(admin: number, series: string): Promise<number> {
  const lines = (await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text()).split('\n');
  return lines.filter((line) => line.startsWith(series)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** How many connections there are to the ports (proc(5), /proc/net/tcp). */
export function countConnections(ports: readonly number[]): number {
  const established = '01';
  const rows = ['tcp', 'tcp6'].flatMap((file) => readFileSync(`/proc/net/${file}`, 'utf8').trim().split('\n').slice(1));
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , remote, state]) => state === established && ports.includes(Number.parseInt(remote!.split(':')[1]!, 16))).length;
}
