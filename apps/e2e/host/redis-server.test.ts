import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/support/free-port';
import { type ServiceProcess, startProcess, until, untilLinesAreWritten } from '../test/support/service-process';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-redis-'));
const points = 20;
let store: ChildProcess;
let storePort: number;
let gateways: { process: ServiceProcess; url: string; admin: string }[];

/** As it is shipped, with nothing kept on disk. */
async function startStore(): Promise<void> {
  store = spawn(
    'redis-server',
    ['--port', String(storePort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder, '--requirepass', 'secret'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  store.stdout!.on('data', (chunk) => (output += chunk));
  await until('the store is ready', () => /ready to accept connections/i.test(output));
}

async function killStore(): Promise<void> {
  const gone = once(store, 'exit');
  store.kill('SIGKILL');
  await gone;
}

beforeAll(async () => {
  storePort = await freePort();
  await startStore();
  gateways = await Promise.all(
    [1, 2].map(async () => {
      const [http, admin] = [await freePort(), await freePort()];
      const settings = {
        GATEWAY_HTTP_PORT: String(http),
        GATEWAY_ADMIN_PORT: String(admin),
        TRUSTED_PROXIES: '127.0.0.1',
        RATE_LIMIT_CLIENT_POINTS: String(points),
        RATE_LIMIT_REDIS_URL: `redis://:secret@127.0.0.1:${storePort}/0`,
      };
      return { process: startProcess('gateway', settings), url: `http://127.0.0.1:${http}`, admin: `http://127.0.0.1:${admin}` };
    }),
  );
  for (const { admin } of gateways) await until('the gateway is alive', async () => (await fetch(`${admin}/livez`).catch(() => undefined))?.ok === true);
});
afterAll(async () => {
  for (const { process } of gateways) process.child.kill('SIGKILL');
  await Promise.all(gateways.map(({ process }) => process.exited));
  if (store.exitCode === null && store.signalCode === null) await killStore();
  rmSync(folder, { recursive: true });
});

/** Asks one gateway after the other, as a client with this address; gives how many were let through. */
async function countAdmitted(address: string, requests: number): Promise<number> {
  let admitted = 0;
  for (let index = 0; index < requests; index++) {
    const { status } = await fetch(`${gateways[index % 2]!.url}/nothing`, { headers: { 'x-forwarded-for': address } });
    if (status === 404) admitted += 1;
    else expect(status).toBe(429);
  }
  return admitted;
}
const storeUp = async ({ admin }: { admin: string }) => /^gateway_rate_limit_store_up (\d)$/m.exec(await (await fetch(`${admin}/metrics`)).text())?.[1];
const saidOf = ({ process }: { process: ServiceProcess }, text: string) => process.lines.filter(({ body }) => body?.includes(text)).length;

it('two gateways share one budget; without the store each has its own, and says so once; they share again when it is back', async () => {
  await until(
    'the store is used',
    async () => (await countAdmitted(`2001:db8::${Date.now() % 10_000}`, 2)) === 2 && (await Promise.all(gateways.map(storeUp))).every((up) => up === '1'),
  );
  expect(await countAdmitted('192.0.2.1', 3 * points)).toBe(points);

  await killStore();
  const begin = Date.now();
  expect(await countAdmitted('192.0.2.2', 3 * points)).toBe(2 * points);
  expect(Date.now() - begin).toBeLessThan(5_000);
  expect(await Promise.all(gateways.map(storeUp))).toEqual(['0', '0']);
  for (const gateway of gateways) expect(saidOf(gateway, 'store of the rate limits does not answer')).toBe(1);

  await startStore();
  await until('the store is used again', async () => {
    await countAdmitted('192.0.2.3', 2);
    return (await Promise.all(gateways.map(storeUp))).every((up) => up === '1');
  });
  expect(await countAdmitted('192.0.2.4', 3 * points)).toBe(points);
  await untilLinesAreWritten();
  for (const gateway of gateways) expect(saidOf(gateway, 'store of the rate limits answers again')).toBe(1);
});

it('a store that hangs costs one request a moment, and none its answer', async () => {
  store.kill('SIGSTOP');
  const begin = Date.now();
  expect(await countAdmitted('192.0.2.5', points)).toBe(points);
  expect(Date.now() - begin).toBeLessThan(3_000);
  store.kill('SIGCONT');
});

it('neither the store nor the address of a client is told by any line', () => {
  for (const { process } of gateways) {
    const text = JSON.stringify(process.lines) + process.stderr();
    for (const secret of ['secret', '192.0.2.', String(storePort)]) expect(text).not.toContain(secret);
  }
});
