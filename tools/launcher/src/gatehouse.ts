import { isEdge, type Service, toPortSettings } from '#services';
import { createLook, type Look } from '@gatehouse/look';
import { mkdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Databases, openDatabases } from './databases';
import { type Administrator, keepAdministrator, keepSecrets, refuseFiles, toServiceEnvironment } from './environment';
import { endLeftovers, forgetRunning, noteRunning } from './leftovers';
import { type Ports, readPorts, requireFreePorts, StartError } from './ports';
import { type ServiceProcess, startService } from './service-process';

export interface GatehouseOptions {
  /** What there is to start. */
  services: readonly Service[];
  /** The bundle that is run as a service, by its name. */
  bundleOf: (service: string) => string;
  /** Folder of the page that shows what goes on. */
  lookPage: string;
  dataFolder: string;
  environment: NodeJS.ProcessEnv;
  /** Shows a line of a service. */
  show: (service: string, line: string) => void;
  /** Tells what the launcher itself does. */
  tell: (text: string) => void;
  /** Ports on loopback that debuggers may connect to, by service. */
  debuggerPorts?: ReadonlyMap<string, number>;
  /** Makes the bundles; called when nobody else runs with the data folder. @throws StartError */
  prepare?: () => Promise<void>;
  /** Told of a service that ends by itself once all has started; gives whether it will be mended, else all is `broken`. */
  onEnd?: (service: string, code: number | NodeJS.Signals) => boolean;
}

export interface Gatehouse {
  /** Starts everything. @throws StartError */
  start(): Promise<{ url: string; administrator: Administrator; lookUrl: string | undefined }>;
  /** Resolves when a service ends that nobody stopped, with what to tell of it. */
  readonly broken: Promise<string>;
  /** Applies what migrations the bundle of a service has. @throws StartError */
  migrate(service: string): Promise<void>;
  /**
   * Ends a service and starts its bundle, whatever that is now. Gives whether it became ready: not where it ended before, which `onEnd` is told,
   * and not where `signal` gave the waiting up.
   * @throws StartError
   */
  restart(service: string, signal: AbortSignal): Promise<boolean>;
  /** Stops everything in order, within ten seconds. */
  stop(): Promise<void>;
  /** Ends everything at once; PostgreSQL still closes its files. */
  kill(): Promise<void>;
}

// who makes the first administrator
const authPackage = 'gatehouse.auth.v1';
const readyWithinMs = 60_000;
// more than each gives itself, and less than ten seconds together
const stopWithinMs = { edge: 4_200, others: 4_200 };

/** The whole of Gatehouse on one machine: PostgreSQL and the services, each a process. */
export function createGatehouse({
  services,
  bundleOf,
  lookPage,
  dataFolder,
  environment,
  show,
  tell,
  debuggerPorts = new Map(),
  prepare = async () => {},
  onEnd,
}: GatehouseOptions): Gatehouse {
  const [edge, inner] = [services.filter(isEdge), services.filter((service) => !isEdge(service))];
  const named = (name: string) => services.find((service) => service.name === name)!;
  const processes = new Map<Service, ServiceProcess>();
  const commands = new Set<ServiceProcess>();
  let databases: Databases | undefined;
  let look: Look | undefined;
  let stopping = false;
  let isOurs = false;
  let breaking: (text: string) => void = () => {};
  const broken = new Promise<string>((resolve) => (breaking = resolve));
  // services that are asked to end, to be started again
  const leaving = new Set<ServiceProcess>();
  let started: { env: Record<string, string>; ports: Ports } | undefined;

  // a stop that comes while all is being started: no step after this one
  const requireGoingOn = () => {
    if (stopping) throw new StartError('stopped while starting');
    return true;
  };
  let noting: Promise<void> = Promise.resolve();
  const note = () =>
    // one that failed is of the past
    (noting = noting
      .catch(() => {})
      .then(() =>
        noteRunning(
          dataFolder,
          [...processes.values()].map(({ pid }) => pid),
        ),
      ));
  const readLine = (name: string) => (line: string) => {
    show(name, line);
    look?.addLine(name, line);
  };
  const run = async ({ name }: Service, command: string, env: Record<string, string>) => {
    const child = startService(name, bundleOf(name), [command], env, readLine(name));
    commands.add(child);
    const code = await child.exited.finally(() => commands.delete(child));
    requireGoingOn();
    if (code !== 0) throw new StartError(`${name} ${command} ended with ${code}: its last lines stand above`);
  };
  const serve = (service: Service, env: Record<string, string>) => {
    const { name } = service;
    const debuggerPort = debuggerPorts.get(name);
    const child = startService(name, bundleOf(name), [], env, readLine(name), debuggerPort ? toInspect(debuggerPort) : []);
    processes.set(service, child);
    void child.exited.then((code) => {
      if (stopping || leaving.has(child)) return;
      if (!(started && onEnd?.(name, code))) breaking(`${name} ended by itself, with ${code}: its last lines stand above`);
    });
    return child;
  };
  const requireStarted = () => {
    requireGoingOn();
    if (!started) throw new StartError('nothing has started yet');
    return started;
  };

  const start = async () => {
    await mkdir(dataFolder, { recursive: true, mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      throw new StartError(`GATEHOUSE_DATA_DIR: ${dataFolder} is no folder, and none can be made there (${error.code})`);
    });
    refuseFiles(services, environment);
    const ports = readPorts(services, environment);
    const hadLeftovers = await endLeftovers(dataFolder, tell);
    // a process may be gone a moment before its last thread lets go of its port
    await requireFreePorts(ports, environment, hadLeftovers ? 2_000 : 0, [...debuggerPorts.values()]);
    await note();
    isOurs = true;
    const prepared = prepare();
    prepared.catch(() => {}); // told below
    const secrets = await keepSecrets(dataFolder, services);
    const administrator = await keepAdministrator(dataFolder, environment);
    databases = await openDatabases(services, dataFolder, environment, secrets, tell);
    await prepared;
    requireGoingOn();
    if (ports.GATEHOUSE_LOOK_PORT)
      look = createLook({
        pageFolder: lookPage,
        targets: Object.fromEntries(services.map((service) => [service.name, `${toAdminUrl(service, ports, environment)}/metrics`])),
      });
    const lookUrl = await look?.listen(ports.GATEHOUSE_LOOK_PORT).catch((cause: Error) => {
      throw new StartError(`GATEHOUSE_LOOK_PORT: ${cause.message}`, { cause });
    });
    const env = toServiceEnvironment(services, environment, ports, secrets, databases.urls, lookUrl, await look?.takeMails());
    tell('migrating');
    await Promise.all(services.filter(({ hasDatabase }) => hasDatabase).map((service) => run(service, 'migrate', env)));
    tell(`starting ${toList([...inner, ...edge].map(({ name }) => name))}`);
    for (const service of [...inner, ...edge]) serve(service, env);
    await note();
    await Promise.race([broken.then((text) => Promise.reject(new StartError(text))), waitUntilReady(services, ports, environment, requireGoingOn)]);
    look?.watch();
    tell('bootstrapping');
    await run(
      services.find(({ packages }) => packages.includes(authPackage))!,
      'bootstrap',
      { ...env, AUTH_BOOTSTRAP_EMAIL: administrator.email, AUTH_BOOTSTRAP_PASSWORD: administrator.password },
    );
    started = { env, ports };
    return { url: `http://127.0.0.1:${ports[toPortSettings(edge[0]!)[0]]}`, administrator, lookUrl };
  };
  let starting: ReturnType<typeof start> | undefined;

  return {
    broken,
    start: () => (starting = start()),
    migrate: (name) => run(named(name), 'migrate', requireStarted().env),
    async restart(name, signal) {
      const { env, ports } = requireStarted();
      const service = named(name);
      const former = processes.get(service);
      if (former) {
        leaving.add(former);
        await former.stop(stopWithinMs.others);
        requireGoingOn();
      }
      const child = serve(service, env);
      await note();
      let hasEnded = false;
      void child.exited.finally(() => (hasEnded = true)).catch(() => {});
      return waitUntilReady([service], ports, environment, () => {
        requireGoingOn();
        return !hasEnded && !signal.aborted;
      });
    },
    async stop() {
      stopping = true;
      for (const command of commands) command.kill();
      // the edge first: what it has taken is still answered by the others
      await Promise.all(edge.map((service) => processes.get(service)?.stop(stopWithinMs.edge)));
      await Promise.all(inner.map((service) => processes.get(service)?.stop(stopWithinMs.others)));
      await starting?.catch(() => {}); // PostgreSQL may be about to come up
      await databases?.stop();
      await look?.close();
      // a start that found another launcher here leaves that one's notes alone
      if (isOurs) await forgetRunning(dataFolder);
    },
    async kill() {
      stopping = true;
      for (const child of [...commands, ...processes.values()]) child.kill();
      await databases?.stop();
    },
  };
}

// its own words on where to connect are left out: the launcher says it once
const toInspect = (port: number) => [`--inspect=127.0.0.1:${port}`, '--inspect-publish-uid=http'];

const toList = (names: readonly string[]) => new Intl.ListFormat('en-GB', { type: 'conjunction' }).format(names);

async function waitUntilReady(services: readonly Service[], ports: Ports, environment: NodeJS.ProcessEnv, isWorthWaiting: () => boolean): Promise<boolean> {
  const end = Date.now() + readyWithinMs;
  for (const service of services) {
    while (!(await isReady(`${toAdminUrl(service, ports, environment)}/readyz`))) {
      if (!isWorthWaiting()) return false;
      if (Date.now() > end) throw new StartError(`${service.name} is not ready after ${readyWithinMs / 1000} s: its lines above say why`);
      await pause(50);
    }
  }
  return true;
}

function toAdminUrl(service: Service, ports: Ports, environment: NodeJS.ProcessEnv): string {
  const [, setting] = toPortSettings(service);
  const host = environment[setting.replace(/_PORT$/, '_HOST')] || '127.0.0.1';
  return `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${ports[setting]}`;
}

const isReady = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
