import { startTemporaryPostgresServer } from '@gatehouse/postgres-server';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from './command';
import { type Containers, apps, type Ports, startContainers } from './containers';
import { createEngine, type Engine } from './engine';
import { startLoad } from './load';
import { baseImage, makeStandIn } from './stand-in';

const mib = 1_024 * 1_024;
const restMs = 10_000;
const loadMs = 3_000;
// what an image may cost: MB of 2^20 bytes, milliseconds, MB. 90 MB at rest is the aim: docs/images.md says what is in the way
const bars = { aboveBaseMb: 60, readyMs: 1_000, rssMb: 110 };

/** Builds the three images, runs them as an installation, and prints what they cost. @throws Error with what is wrong of them */
export async function verify(): Promise<void> {
  const folder = resolve('tmp/images');
  mkdirSync(folder, { recursive: true });
  const engine = createEngine(folder);
  await makeStandIn(engine, folder);
  console.log('building the images');
  // not by Nx, which may know images that this store does not have
  for (const app of apps) await run('node', ['tools/image/build.mts', app], { ...engine.env, IMAGE_BUILD: engine.buildCommand, IMAGE_REPOSITORY: 'localhost/gatehouse', IMAGE_VERSION: 'dev' });
  const names: string[] = [];
  const postgres = await startTemporaryPostgresServer();
  try {
    const create = (name: string) => postgres.createDatabase(name, { role: name, password: randomBytes(12).toString('hex') });
    const ports = await findPorts();
    const containers = await startContainers(engine, ports, { user: await create('gatehouse_user'), auth: await create('gatehouse_auth') }, names);
    await pause(restMs);
    const faults = [...(await measure(engine, containers)), ...(await useAndStop(engine, ports, names))];
    if (faults.length) throw new Error(faults.join('\n'));
  } finally {
    await engine.remove(names);
    await postgres.stop();
  }
}

/** Prints size, start and memory of each container; gives what is not as it must be. */
async function measure(engine: Engine, { names, readyMs }: Containers): Promise<string[]> {
  const faults: string[] = [];
  const base = await engine.sizeOf(baseImage);
  const sizes = Object.fromEntries(await Promise.all(apps.map(async (app) => [app, ((await engine.sizeOf(`localhost/gatehouse/${app}:dev`)) - base) / mib] as const)));
  for (const name of names) {
    const app = apps.find((each) => name.includes(each))!;
    const { uid, innerPid, rssMb } = await engine.inspect(name);
    const figures = { aboveBaseMb: sizes[app]!, readyMs: readyMs[name]!, rssMb };
    console.log(`${name}: ${figures.aboveBaseMb.toFixed(1)} MB above the base, ready after ${figures.readyMs} ms, ${rssMb.toFixed(0)} MB at rest; uid ${uid}, process ${innerPid}`);
    for (const [figure, bar] of Object.entries(bars)) if (figures[figure as keyof typeof bars] > bar) faults.push(`${name}: ${figure} is over ${bar}`);
    if (uid === 0 || innerPid !== 1) faults.push(`${name}: runs as uid ${uid}, as process ${innerPid} of its container`);
    await engine.exec(name, 'node', '/app/main.cjs', 'healthcheck');
  }
  return faults;
}

/** Signs somebody up, reads them back, and stops one gateway, then all, while they are read; gives what went wrong. */
async function useAndStop(engine: Engine, { gateways }: Ports, names: readonly string[]): Promise<string[]> {
  const url = `http://127.0.0.1:${gateways[0]!.port}`;
  const signUp = await fetch(`${url}/v1/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery', displayName: 'Ada' }),
  });
  if (signUp.status !== 200) return [`sign-up: ${signUp.status} ${await signUp.text()}`];
  const { accessToken, user } = (await signUp.json()) as { accessToken: string; user: { id: string } };
  const me = (await fetch(`${url}/v1/users/me`, { headers: { authorization: `Bearer ${accessToken}` } }).then((answer) => answer.json())) as { id?: string };
  const swagger = await fetch(`${url}/docs/swagger-ui-bundle.js`);
  console.log(`sign-up to me: ${me.id === user.id ? 'the same person' : 'somebody else'}; /docs/swagger-ui-bundle.js ${swagger.status}`);
  const faults = me.id === user.id && swagger.ok ? [] : ['sign-up to me does not give the same person, or the page of the contract is not there'];

  const load = startLoad(gateways, accessToken);
  await pause(loadMs);
  const gatewayNames = names.filter((name) => name.includes('gateway'));
  const code = await engine.stop(gatewayNames[0]!);
  await pause(loadMs);
  const { answered, failed } = await load.stop();
  console.log(`stop of one gateway of two under load: exit ${code}, ${answered} requests answered, ${failed.length} not ${[...new Set(failed)].join(', ')}`);
  if (code !== 0 || failed.length || answered === 0) faults.push('a stop under load drops requests');
  for (const name of [...names].reverse().filter((name) => name !== gatewayNames[0])) {
    const last = await engine.stop(name);
    console.log(`stop of ${name}: exit ${last}`);
    if (last !== 0) faults.push(`${name}: exit ${last} at SIGTERM`);
  }
  return faults;
}

async function findPorts(): Promise<Ports> {
  // all at once, so that no two are the same
  const servers = Array.from({ length: 8 }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const [userGrpc, authGrpc, userAdmin, authAdmin, ...rest] = servers.map((server) => (server.address() as AddressInfo).port) as [number, number, number, number, ...number[]];
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return { userGrpc, authGrpc, userAdmin, authAdmin, gateways: [{ port: rest[0]!, adminPort: rest[1]! }, { port: rest[2]!, adminPort: rest[3]! }] };
}
