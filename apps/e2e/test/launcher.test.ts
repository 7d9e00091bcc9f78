import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logIn, send, signUp } from './support/http';
import { freePorts, type Launcher, processesOf, startLauncher } from './support/launcher';
import { startLoad } from './support/load';
import { until } from './support/service-process';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A folder with a space in its path, that PostgreSQL's own account may pass through. */
function makeFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'gatehouse launcher '));
  chmodSync(parent, 0o711);
  closing.push(() => rmSync(parent, { recursive: true, force: true }));
  const folder = join(parent, 'data');
  mkdirSync(folder, { mode: 0o711 });
  return folder;
}

function launch(env: Record<string, string>): Launcher {
  const launcher = startLauncher(env);
  closing.push(async () => {
    if (launcher.child.exitCode === null && launcher.child.signalCode === null) launcher.child.kill('SIGTERM');
    await launcher.exited;
  });
  return launcher;
}

it('starts everything, keeps its data, and stops everything in time, leaving nothing behind', async () => {
  const GATEHOUSE_DATA_DIR = makeFolder();
  const env: Record<string, string> = { GATEHOUSE_DATA_DIR, ...(await freePorts()) };
  const first = launch(env);
  const { url, email, password } = await first.ready();
  expect(url).toBe(`http://127.0.0.1:${env['GATEWAY_HTTP_PORT']}`);
  expect(statSync(join(GATEHOUSE_DATA_DIR, 'administrator.json')).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(join(GATEHOUSE_DATA_DIR, 'administrator.json'), 'utf8'))).toEqual({ email, password });
  expect((await signUp(url, 'kept@example.com')).status).toBe(200);
  expect(first.output()).toMatch(/^gateway \| \{"timestamp":/m);

  const load = startLoad(url, await logIn(url, { email, password }));
  await until('there is load', () => load.statuses.length > 200);
  const stopping = Date.now();
  first.child.kill('SIGTERM');
  expect(await first.exited).toBe(0);
  await load.stop();
  expect(load.torn).toEqual([]);
  expect(new Set(load.statuses)).toEqual(new Set([200]));
  expect(Date.now() - stopping).toBeLessThan(10_000);
  await until('nothing is left', () => processesOf(GATEHOUSE_DATA_DIR).length === 0, 2_000);

  const starting = Date.now();
  const second = launch(env);
  expect(await second.ready()).toMatchObject({ url, email, password });
  expect(Date.now() - starting).toBeLessThan(8_000);
  const token = await logIn(url, { email, password });
  const { body } = await send(url, 'GET', '/v1/users', { token });
  expect(body.users.map((user: { email: string }) => user.email).sort()).toEqual([email, 'kept@example.com'].sort());
});

it('heals after it was killed, and will not run twice on one data folder', async () => {
  const GATEHOUSE_DATA_DIR = makeFolder();
  const ports = await freePorts();
  const first = launch({ GATEHOUSE_DATA_DIR, ...ports });
  const { url, email, password } = await first.ready();
  const twin = launch({ GATEHOUSE_DATA_DIR, ...(await freePorts()) });
  expect(await twin.exited).toBe(1);
  expect(twin.output()).toContain('GATEHOUSE_DATA_DIR');
  expect((await send(url, 'GET', '/healthz')).status).toBe(200);

  first.child.kill('SIGKILL');
  await first.exited;
  const second = launch({ GATEHOUSE_DATA_DIR, ...ports });
  expect(await second.ready()).toMatchObject({ url, email, password });
  expect(await logIn(url, { email, password })).toEqual(expect.any(String));
  second.child.kill('SIGINT');
  expect(await second.exited).toBe(0);
  await until('nothing is left', () => processesOf(GATEHOUSE_DATA_DIR).length === 0, 2_000);
});

it('brings PostgreSQL back when it is killed, and what was acknowledged is still there', async () => {
  const GATEHOUSE_DATA_DIR = makeFolder();
  const launcher = launch({ GATEHOUSE_DATA_DIR, ...(await freePorts()) });
  const { url } = await launcher.ready();
  const { body } = await signUp(url, 'acknowledged@example.com');
  const [pid] = readFileSync(join(GATEHOUSE_DATA_DIR, 'postgres/cluster/postmaster.pid'), 'utf8').split('\n');
  process.kill(Number(pid), 'SIGKILL');
  await until('it is told', () => launcher.output().includes('PostgreSQL ended by itself'));
  await until('all is well again', async () => (await send(url, 'GET', '/v1/users/me', { token: body.accessToken })).status === 200);
});

it.each(['AUTH_GRPC_PORT', 'GATEHOUSE_LOOK_PORT'])('says which port is taken and that %s chooses another, and starts nothing', async (setting) => {
  const GATEHOUSE_DATA_DIR = makeFolder();
  const ports = await freePorts();
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(Number(ports[setting]), '127.0.0.1', resolve));
  closing.push(() => new Promise((resolve) => squatter.close(resolve)));
  const launcher = launch({ GATEHOUSE_DATA_DIR, ...ports });
  expect(await launcher.exited).toBe(1);
  expect(launcher.output()).toContain(`port ${ports[setting]} is taken`);
  expect(launcher.output()).toContain(setting);
  expect(launcher.output()).not.toContain('PostgreSQL');
});

it('stops everything when a service ends by itself, and says which', async () => {
  const GATEHOUSE_DATA_DIR = makeFolder();
  const launcher = launch({ GATEHOUSE_DATA_DIR, ...(await freePorts()), AUTH_SECRET_KEY: 'no key' });
  expect(await launcher.exited).toBe(1);
  expect(launcher.output()).toMatch(/AUTH_SECRET_KEY: must be 32 bytes/);
  await until('nothing is left', () => processesOf(GATEHOUSE_DATA_DIR).length === 0, 2_000);
});

it('can be stopped at any moment of its start, and leaves nothing behind', async () => {
  for (const moment of ['starting PostgreSQL', 'migrating', 'starting user', 'bootstrapping']) {
    const GATEHOUSE_DATA_DIR = makeFolder();
    const launcher = launch({ GATEHOUSE_DATA_DIR, ...(await freePorts()) });
    await until(moment, () => launcher.output().includes(moment));
    launcher.child.kill('SIGTERM');
    expect(await launcher.exited).toBe(0);
    expect(launcher.output()).not.toContain('Gatehouse is ready');
    await until('nothing is left', () => processesOf(GATEHOUSE_DATA_DIR).length === 0, 2_000);
  }
});

it('takes a signal that comes twice for one wish, as from `timeout npm start`, and goes without its look where that is off', async () => {
  const GATEHOUSE_DATA_DIR = makeFolder();
  const launcher = launch({ GATEHOUSE_DATA_DIR, ...(await freePorts()), GATEHOUSE_LOOK_PORT: 'off' });
  expect((await launcher.ready()).look).toBeUndefined();
  launcher.child.kill('SIGTERM');
  launcher.child.kill('SIGINT');
  expect(await launcher.exited).toBe(0);
  await until('nothing is left', () => processesOf(GATEHOUSE_DATA_DIR).length === 0, 2_000);
});
