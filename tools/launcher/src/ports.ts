import { type Service, toPortSettings } from '#services';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Settings of the ports that are listened on, the services' with the defaults that their projects name. */
const toPortDefaults = (services: readonly Service[]): Ports => ({
  ...Object.fromEntries(
    services.flatMap((service) => {
      const [calls, admin] = toPortSettings(service);
      return [
        [calls, service.ports.http ?? service.ports.grpc!],
        [admin, service.ports.admin],
      ];
    }),
  ),
  // the launcher's own page
  GATEHOUSE_LOOK_PORT: 8_090,
});
/** By their settings; the look's is 0 when it is off. */
export type Ports = Readonly<Record<string, number>> & { readonly GATEHOUSE_LOOK_PORT: number };

/** What is wrong is for the person at the terminal to mend; the message says how. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * The ports to use.
 * @throws StartError for one that is no port, or for two that are the same
 */
export function readPorts(services: readonly Service[], environment: NodeJS.ProcessEnv): Ports {
  const ports = Object.fromEntries(
    Object.entries(toPortDefaults(services)).map(([setting, fallback]) => {
      const text = environment[setting];
      if (setting === 'GATEHOUSE_LOOK_PORT' && (text === 'off' || text === '0')) return [setting, 0];
      const port = text ? Number(text) : fallback;
      if (!Number.isInteger(port) || port < 1 || port > 65_535)
        throw new StartError(`${setting} must be a port from 1 to 65535${setting === 'GATEHOUSE_LOOK_PORT' ? ', or off' : ''}`);
      return [setting, port];
    }),
  ) as Ports;
  const entries = Object.entries(ports);
  for (const [index, [setting, port]] of entries.entries()) {
    const twin = entries.slice(index + 1).find(([, other]) => other === port);
    if (twin) throw new StartError(`${setting} and ${twin[0]} are both ${port}: choose another for one of them`);
  }
  return ports;
}

/** A port that is to be listened on, and what chooses another. */
interface WantedPort {
  readonly host: string;
  readonly port: number;
  readonly setting: string;
}

/** What chooses other ports for debuggers. */
const debuggerSetting = '--inspect-port, or go without debuggers with --no-inspect';

/**
 * Waits until every port is free, for at most `patienceMs`.
 * @param debuggerPorts those that debuggers will connect to, on loopback
 * @throws StartError that names every port that is taken, and the setting that chooses another
 */
export async function requireFreePorts(ports: Ports, environment: NodeJS.ProcessEnv, patienceMs = 0, debuggerPorts: readonly number[] = []): Promise<void> {
  const wanted = [
    ...Object.entries(ports).map(([setting, port]) => ({ setting, port, host: toHost(setting, environment) })),
    ...debuggerPorts.map((port) => ({ setting: debuggerSetting, port, host: '127.0.0.1' })),
  ];
  const twin = Object.entries(ports).find(([, port]) => debuggerPorts.includes(port));
  if (twin) throw new StartError(`${twin[0]} and a debugger both have ${twin[1]}: choose another with ${debuggerSetting}`);
  const end = Date.now() + patienceMs;
  for (;;) {
    const problems = await findTakenPorts(wanted);
    if (!problems.length) return;
    if (Date.now() >= end) throw new StartError(problems.join('\n'));
    await pause(50);
  }
}

const toHost = (setting: string, environment: NodeJS.ProcessEnv) =>
  (setting !== 'GATEHOUSE_LOOK_PORT' && environment[setting.replace(/_PORT$/, '_HOST')]) || '127.0.0.1';

async function findTakenPorts(wanted: readonly WantedPort[]): Promise<readonly string[]> {
  const checks = wanted.map(async ({ host, port, setting }) =>
    port === 0 || (await isFree(host, port)) ? [] : [`port ${port} is taken: stop what listens on it, or choose another with ${setting}`],
  );
  return (await Promise.all(checks)).flat();
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'))
      .listen(port, host, () => server.close(() => resolve(true)));
  });
}
