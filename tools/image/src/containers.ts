import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from './engine';
import { toSettings } from './settings';

export const apps = ['auth', 'user', 'gateway'] as const;
export type App = (typeof apps)[number];

/** Where the processes of an installation listen, each on a port of the host. */
export interface Ports {
  readonly userGrpc: number;
  readonly authGrpc: number;
  readonly userAdmin: number;
  readonly authAdmin: number;
  readonly gateways: readonly { readonly port: number; readonly adminPort: number }[];
}

export interface Containers {
  /** The name of each container, gateways last. */
  readonly names: readonly string[];
  /** Milliseconds from the start of each process until it said that it was ready. */
  readonly readyMs: Readonly<Record<string, number>>;
}

const readyWithinMs = 15_000;

/** Migrates both databases and starts every service, each command and each process a container of its image. */
export async function startContainers(engine: Engine, ports: Ports, databases: { user: string; auth: string }, names: string[]): Promise<Containers> {
  const settings = toSettings(ports, databases);
  const imageOf = (app: App) => `localhost/gatehouse/${app}:dev`;
  console.log((await Promise.all([engine.runOnce(imageOf('user'), 'migrate', settings), engine.runOnce(imageOf('auth'), 'migrate', settings)])).join('\n'));
  const readyMs: Record<string, number> = {};
  const start = async (app: App, name: string, adminPort: number, own: Record<string, string> = {}) => {
    names.push(name);
    await engine.start(name, imageOf(app), { ...settings, ...own });
    const { startedAt } = await engine.inspect(name);
    while (!(await isReady(adminPort))) {
      if (Date.now() - startedAt > readyWithinMs) throw new Error(`${name} is not ready: ${await engine.logs(name)}`);
      await pause(5);
    }
    readyMs[name] = Date.now() - startedAt;
  };
  await start('auth', 'gatehouse-auth', ports.authAdmin);
  await start('user', 'gatehouse-user', ports.userAdmin);
  for (const [index, { port, adminPort }] of ports.gateways.entries())
    await start('gateway', `gatehouse-gateway-${index + 1}`, adminPort, { GATEWAY_HTTP_PORT: String(port), GATEWAY_ADMIN_PORT: String(adminPort) });
  return { names, readyMs };
}

/** Whether the process behind an admin port says that it can serve. */
export const isReady = (adminPort: number): Promise<boolean> => fetch(`http://127.0.0.1:${adminPort}/readyz`).then(({ ok }) => ok, () => false);
