import { setTimeout as pause } from 'node:timers/promises';
import type { Container, Engine } from './engine';
import { adminPorts, keepers, replicas, type Replica, toOwnSettings, toSettings } from './settings';

const readyWithinMs = 15_000;

/**
 * Migrates both databases and starts two replicas of every service, each command and each process a container of its image.
 * @param certificates folder with one for each service
 * @returns milliseconds from the start of each process until it said that it was ready, by the name of its container
 */
export async function startContainers(
  engine: Engine,
  databases: Readonly<Record<string, string>>,
  certificates: string,
): Promise<Readonly<Record<string, number>>> {
  const settings = toSettings(databases);
  const toContainer = (app: string, own: Record<string, string> = {}): Container => ({
    image: `localhost/gatehouse/${app}:dev`,
    env: { ...settings, ...own },
    certificates: `${certificates}/${app}`,
  });
  console.log((await Promise.all(keepers.map((app) => engine.runOnce('migrate', toContainer(app))))).join('\n'));
  const readyMs: Record<string, number> = {};
  for (const replica of replicas) {
    await engine.start(replica.name, toContainer(replica.app, toOwnSettings(replica)));
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
export const isReady = ({ app, address }: Replica): Promise<boolean> =>
  fetch(`http://${address}:${adminPorts[app]}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );
