import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from './engine';
import { adminPorts, type App, replicas, type Replica, toOwnSettings, toSettings } from './settings';

const readyWithinMs = 15_000;

const imageOf = (app: App) => `localhost/gatehouse/${app}:dev`;

/**
 * Migrates both databases and starts two replicas of every service, each command and each process a container of its image.
 * @returns milliseconds from the start of each process until it said that it was ready, by the name of its container
 */
export async function startContainers(engine: Engine, databases: { user: string; auth: string }): Promise<Readonly<Record<string, number>>> {
  const settings = toSettings(databases);
  console.log((await Promise.all([engine.runOnce(imageOf('user'), 'migrate', settings), engine.runOnce(imageOf('auth'), 'migrate', settings)])).join('\n'));
  const readyMs: Record<string, number> = {};
  for (const replica of replicas) {
    await engine.start(replica.name, imageOf(replica.app), { ...settings, ...toOwnSettings(replica) });
    readyMs[replica.name] = await untilReady(engine, replica);
  }
  return readyMs;
}

/** Waits for a container that was started. @returns milliseconds from the start of its process @throws Error with its log lines */
export async function untilReady(engine: Engine, replica: Replica): Promise<number> {
  const { startedAt } = await engine.inspect(replica.name);
  while (!(await isReady(replica))) {
    if (Date.now() - startedAt > readyWithinMs) throw new Error(`${replica.name} is not ready: ${await engine.logs(replica.name)}`);
    await pause(5);
  }
  return Date.now() - startedAt;
}

/** Whether the process says on its admin port that it can serve. */
export const isReady = ({ app, address }: Replica): Promise<boolean> => fetch(`http://${address}:${adminPorts[app]}/readyz`).then(({ ok }) => ok, () => false);
