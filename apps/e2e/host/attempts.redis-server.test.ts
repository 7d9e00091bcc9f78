import { AuthServiceDefinition, descriptorSet } from '@gatehouse/contracts/auth';
import { createChannel, createClient } from '@gatehouse/rpc';
import { type ChildProcess, spawn } from 'node:child_process';
import { Redis } from 'ioredis';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/support/free-port';
import { type Gatehouse, startGatehouse } from '../test/support/gatehouse';
import { signUp } from '../test/support/http';
import { type ServiceProcess, startProcess, until, untilLinesAreWritten } from '../test/support/service-process';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-attempts-'));
const password = 'correct horse battery';
const limits = { AUTH_ACCOUNT_FREE_FAILURES: '5', AUTH_DEVICE_FREE_FAILURES: '5', AUTH_ATTEMPT_DELAY_SECONDS: '100' };
let store: ChildProcess;
let storePort: number;
let gatehouse: Gatehouse;
let second: ServiceProcess;
let admins: readonly number[];
let device: string;
let clients: readonly ReturnType<typeof open>[];

/** As it is shipped, with nothing kept on disk. */
async function startStore(): Promise<void> {
  store = spawn('redis-server', ['--port', String(storePort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  store.stdout!.on('data', (chunk) => (output += chunk));
  await until('the store is ready', () => /ready to accept connections/i.test(output));
}
async function killStore(): Promise<void> {
  const gone = once(store, 'exit');
  store.kill('SIGKILL');
  await gone;
}

function open(port: number) {
  const channel = createChannel({ target: `127.0.0.1:${port}`, descriptorSets: [descriptorSet] });
  return { auth: createClient(AuthServiceDefinition, channel), close: () => channel.close() };
}

beforeAll(async () => {
  storePort = await freePort();
  await startStore();
  const own = { ...limits, RATE_LIMIT_REDIS_URL: `redis://127.0.0.1:${storePort}/0` };
  gatehouse = await startGatehouse({ own: { auth: own } });
  const [grpc, admin] = [await freePort(), await freePort()];
  second = startProcess('auth', {
    ...gatehouse.settings,
    ...own,
    AUTH_GRPC_PORT: String(grpc),
    AUTH_ADMIN_PORT: String(admin),
  });
  await until('the second is ready', async () => (await fetch(`http://127.0.0.1:${admin}/readyz`).catch(() => undefined))?.ok === true);
  admins = [gatehouse.ports.authAdmin, admin];
  clients = [open(gatehouse.ports.authGrpc), open(grpc)];
  device = (await signUp(gatehouse.url, 'ada@example.com', password)).body.deviceToken;
});
afterAll(async () => {
  clients.forEach(({ close }) => close());
  second.child.kill('SIGTERM');
  await second.exited;
  await gatehouse.close();
  if (store.exitCode === null && store.signalCode === null) await killStore();
  rmSync(folder, { recursive: true });
});

const guess = (index: number, email: string, given = 'wrong', deviceToken = ''): Promise<string> =>
  clients[index % 2]!.auth.login({ email, password: given, deviceToken }).then(
    () => 'OK',
    ({ reason }) => reason,
  );
/** Guesses at once, at both; gives how many were let in. */
const countJudged = async (email: string) =>
  (await Promise.all(Array.from({ length: 40 }, (_, index) => guess(index, email)))).filter((reason) => reason === 'INVALID_CREDENTIALS').length;
const areUp = async () =>
  (
    await Promise.all(
      admins.map(async (admin) => (await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text()).match(/^auth_attempts_store_up (\d)$/m)![1]),
    )
  ).join();
const rows = (text: string) => [gatehouse.processes.auth, second].map(({ lines }) => lines.filter(({ body }) => body?.includes(text)).length);

it('two processes have one count in Redis; without it they have one in the database, nobody is let in for more, and a known device gets in throughout', async () => {
  await until('both use the store', async () => {
    await Promise.all([guess(0, 'first@example.com'), guess(1, 'other@example.com')]);
    return (await areUp()) === '1,1';
  });
  expect(await countJudged('ada@example.com')).toBe(5);
  expect(await guess(1, 'ada@example.com', password)).toBe('TOO_MANY_ATTEMPTS');
  expect(await guess(0, 'ada@example.com', password, device)).toBe('OK');

  await killStore();
  expect(await countJudged('bob@example.com')).toBe(5);
  expect(await areUp()).toBe('0,0');
  expect(await guess(1, 'ada@example.com', password, device)).toBe('OK');
  await untilLinesAreWritten();
  expect(rows('store of the attempts does not answer').every((count) => count > 0)).toBe(true);

  await startStore();
  await until('both use the store again', async () => {
    await Promise.all([guess(0, 'third@example.com'), guess(1, 'fourth@example.com')]);
    return (await areUp()) === '1,1';
  });
  expect(await countJudged('carol@example.com')).toBe(5);
});

/** Has every delay in the store end now. */
async function endDelays(): Promise<void> {
  const redis = new Redis(`redis://127.0.0.1:${storePort}/0`);
  for (const key of await redis.keys('gatehouse:attempts:*')) await redis.hset(key, 'blocked', 0);
  await redis.quit();
}

it('in Redis as in the database delays grow, end, and are forgotten with the right password', async () => {
  const email = 'ada@example.com';
  const delay = async () => (await clients[0]!.auth.login({ email, password }).catch(({ retryDelayMs }) => retryDelayMs)) / 1_000;
  for (let index = 0; index < 5; index++) expect(await guess(index, email)).toBe('INVALID_CREDENTIALS');
  const first = await delay();
  expect([first > 50, first <= 100]).toEqual([true, true]);
  await endDelays();
  expect(await guess(1, email)).toBe('INVALID_CREDENTIALS');
  const second = await delay();
  expect([second > 150, second <= 200]).toEqual([true, true]);
  await endDelays();
  expect(await guess(0, email, password)).toBe('OK');
  for (let index = 0; index < 5; index++) expect(await guess(index, email)).toBe('INVALID_CREDENTIALS');
  expect(await guess(1, email)).toBe('TOO_MANY_ATTEMPTS');
});

it('a store that hangs locks nobody out, and lets nobody in for more', async () => {
  store.kill('SIGSTOP');
  expect(await countJudged('dave@example.com')).toBe(5);
  expect(await guess(0, 'ada@example.com', password, device)).toBe('OK');
  store.kill('SIGCONT');
});
