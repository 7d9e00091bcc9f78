import { startTemporaryPostgresServer } from '@gatehouse/postgres-server';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { demandCertificates, makeCertificates } from './certificates';
import { run } from './command';
import { startContainers, untilReady } from './containers';
import { createEngine, type Engine } from './engine';
import { type Person, startLoad } from './load';
import { apps, hosts, httpPort, keepers, replicas } from './settings';
import { baseImage, makeStandIn } from './stand-in';

const mib = 1_024 * 1_024;
const restMs = 10_000;
const loadMs = 2_000;
// MB of 2^20 bytes, milliseconds, MB. Size is kept to; a machine that is busy is slow to start, and its kernel slow to take memory back
const bars = { aboveBaseMb: 60, readyMs: 1_000, rssMb: 90 };

/** Builds the images, runs them as an installation, and prints what they cost. @throws Error with what is wrong of them */
export async function verify(): Promise<void> {
  const folder = resolve('tmp/images');
  mkdirSync(folder, { recursive: true });
  const engine = createEngine(folder, hosts);
  await makeStandIn(engine, folder);
  console.log('building the images');
  // not by Nx, which may know images that this store does not have
  for (const app of apps)
    await run('node', ['tools/image/build.mts', app], {
      ...engine.env,
      IMAGE_BUILD: engine.buildCommand,
      IMAGE_REPOSITORY: 'localhost/gatehouse',
      IMAGE_VERSION: 'dev',
    });
  await engine.prune();
  const names = replicas.map(({ name }) => name);
  const postgres = await startTemporaryPostgresServer();
  try {
    // of a run that was killed
    await engine.remove(names);
    const create = (name: string) => postgres.createDatabase(name, { role: name, password: randomBytes(12).toString('hex') });
    const databases: Record<string, string> = {};
    for (const name of keepers) databases[name] = await create(`gatehouse_${name}`);
    const certificates = `${folder}/certificates`;
    await makeCertificates(certificates);
    await demandCertificates(postgres, certificates);
    const readyMs = await startContainers(engine, databases, certificates);
    await pause(restMs);
    const faults = [...(await measure(engine, readyMs)), ...(await useAndStop(engine))];
    if (faults.length) throw new Error(faults.join('\n'));
  } finally {
    await engine.remove(names);
    await postgres.stop();
  }
}

/** Prints size, start and memory of each container; gives what is not as it must be. */
async function measure(engine: Engine, readyMs: Readonly<Record<string, number>>): Promise<string[]> {
  const faults: string[] = [];
  const base = await engine.sizeOf(baseImage);
  const sizes = Object.fromEntries(
    await Promise.all(apps.map(async (app) => [app, ((await engine.sizeOf(`localhost/gatehouse/${app}:dev`)) - base) / mib] as const)),
  );
  for (const { app, name } of replicas) {
    const { uid, innerPid, rssMb } = await engine.inspect(name);
    const figures = { aboveBaseMb: sizes[app]!, readyMs: readyMs[name]!, rssMb };
    const over = Object.entries(bars).filter(([figure, bar]) => Math.round(figures[figure as keyof typeof bars]) > bar);
    console.log(
      `${name}: ${figures.aboveBaseMb.toFixed(1)} MB above the base, ready after ${figures.readyMs} ms, ${rssMb.toFixed(0)} MB at rest; uid ${uid}, process ${innerPid}`,
      over.map(([figure, bar]) => `(${figure} is over ${bar})`).join(' '),
    );
    if (figures.aboveBaseMb > bars.aboveBaseMb) faults.push(`${name}: more than ${bars.aboveBaseMb} MB above the base`);
    if (uid === 0 || innerPid !== 1) faults.push(`${name}: runs as uid ${uid}, as process ${innerPid} of its container`);
    await engine.exec(name, 'node', '/app/main.cjs', 'healthcheck');
  }
  return faults;
}

/** Signs somebody up, reads them back, and stops one replica of each service while they are read and log in; gives what went wrong. */
async function useAndStop(engine: Engine): Promise<string[]> {
  const gateways = replicas.filter(({ app }) => app === 'gateway');
  const url = `http://${gateways[0]!.address}:${httpPort}`;
  const credentials = { email: 'ada@example.com', password: 'correct horse battery' };
  const signUp = await fetch(`${url}/v1/auth/signup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...credentials, displayName: 'Ada' }),
  });
  if (signUp.status !== 200) return [`sign-up: ${signUp.status} ${await signUp.text()}`];
  const { accessToken, user } = (await signUp.json()) as { accessToken: string; user: { id: string } };
  const me = (await fetch(`${url}/v1/users/me`, { headers: { authorization: `Bearer ${accessToken}` } }).then((answer) => answer.json())) as { id?: string };
  const swagger = await fetch(`${url}/docs/swagger-ui-bundle.js`);
  console.log(`sign-up to me: ${me.id === user.id ? 'the same person' : 'somebody else'}; /docs/swagger-ui-bundle.js ${swagger.status}`);
  const faults = me.id === user.id && swagger.ok ? [] : ['sign-up to me does not give the same person, or the page of the contract is not there'];
  return [...faults, ...(await stopUnderLoad(engine, { ...credentials, token: accessToken })), ...(await stopAll(engine))];
}

/** One replica after the other is stopped and started again, as a rolling update does. */
async function stopUnderLoad(engine: Engine, person: Person): Promise<string[]> {
  const faults: string[] = [];
  for (const replica of replicas) {
    const load = startLoad(
      replicas.filter(({ app }) => app === 'gateway'),
      person,
    );
    await pause(loadMs);
    const code = await engine.stop(replica.name);
    await pause(loadMs);
    const { answered, failed } = await load.stop();
    console.log(`stop of ${replica.name} under load: exit ${code}, ${answered} requests answered, ${failed.length} not ${[...new Set(failed)].join(', ')}`);
    if (code !== 0 || failed.length || answered === 0) faults.push(`a stop of ${replica.name} under load drops requests`);
    await engine.restart(replica.name);
    await untilReady(engine, replica);
  }
  return faults;
}

async function stopAll(engine: Engine): Promise<string[]> {
  const codes = await Promise.all([...replicas].reverse().map(async ({ name }) => [name, await engine.stop(name)] as const));
  return codes.flatMap(([name, code]) => (code === 0 ? [] : [`${name}: exit ${code} at SIGTERM`]));
}
