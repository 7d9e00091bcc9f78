import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Gatehouse, type ServiceName, services, startGatehouse } from './support/gatehouse';
import { send, signUp } from './support/http';
import { countConnections, type Replica, type Replicas, startReplicas } from './support/replicas';
import { until } from './support/service-process';
import { withClient } from './support/with-client';

// `npm run proof` asks for the full sizes
const isProof = process.env['PROOF'] === 'full';
const counts = isProof ? [2, 4, 8] : [2];
const size = isProof ? { asked: 6_000, refreshed: 1_500, restMs: 20_000 } : { asked: 300, refreshed: 60, restMs: 500 };
const callers = 16;
const poolSize = 10;

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse();
  for (const service of services) await gatehouse.stop(service);
});
afterAll(() => gatehouse.close());

type PerService = Record<ServiceName, number>;
const perService = async (read: (service: ServiceName) => Promise<number>): Promise<PerService> =>
  Object.fromEntries(await Promise.all(services.map(async (service) => [service, await read(service)]))) as PerService;
const sum = async (replicas: readonly Replica[], series: string) => (await Promise.all(replicas.map(({ read }) => read(series)))).reduce((one, other) => one + other, 0);
const readCpu = ({ all }: Replicas) => perService((service) => sum(all[service], 'process_cpu_seconds_total'));
/** CPU time that each service needs for the work, all its replicas together. Seconds. */
async function measureCpu(replicas: Replicas, work: () => Promise<unknown>): Promise<PerService> {
  const before = await readCpu(replicas);
  await work();
  const after = await readCpu(replicas);
  return perService(async (service) => after[service] - before[service]);
}
const each = (values: PerService, scale: (value: number, service: ServiceName) => number) => perService(async (service) => Math.round(scale(values[service], service) * 10) / 10);
/** Callers that do one thing after the other, so often in all. */
async function inTurns(times: number, act: (caller: number, index: number) => Promise<void>): Promise<void> {
  let index = 0;
  await Promise.all(Array.from({ length: callers }, async (_, caller) => {
    while (index < times) await act(caller, index++);
  }));
}
const answeredBy = (replica: Replica) => replica.read('rpc_server_call_duration_seconds_count{rpc_method="gatehouse.user.v1.UserService/GetUser"');
const backends = (service: 'user' | 'auth') =>
  withClient(gatehouse.superuser[service], async (client) => (await client.query('select count(*)::int as count from pg_stat_activity where usename = $1', [`gatehouse_${service}`])).rows[0].count as number);

it.each(counts)('%i of each service share the load, and cost what the arithmetic says', async (count) => {
  const load = loadavg()[0]!;
  const replicas = await startReplicas(gatehouse, count);
  const { all } = replicas;
  try {
    const urls = all.gateway.map(({ port }) => `http://127.0.0.1:${port}`);
    const urlOf = (index: number) => urls[index % urls.length]!;
    const people = await Promise.all(Array.from({ length: callers }, async (_, caller) => (await signUp(urlOf(caller), `caller-${count}-${caller}@example.com`)).body));
    const ask = async (index: number) => expect((await send(urlOf(index), 'GET', '/v1/users/me', { token: people[index % callers].accessToken })).status).toBe(200);
    // one that comes later is found by every gateway
    const last = await replicas.startLast();
    const begin = Date.now();
    let index = 0;
    await until('each gateway asks the last replica', async () => {
      const before = await answeredBy(last);
      for (let turn = 0; turn < count * count; turn++) await ask(index++);
      return (await answeredBy(last)) - before >= count;
    });
    const spreadMs = Date.now() - begin;

    const before = await Promise.all(all.user.map(answeredBy));
    const asked = await measureCpu(replicas, () => inTurns(size.asked, (_, index) => ask(index)));
    const shares = (await Promise.all(all.user.map(answeredBy))).map((after, index) => ((after - before[index]!) * count) / size.asked);
    const tokens = people.map(({ refreshToken }) => refreshToken as string);
    const refreshed = await measureCpu(replicas, () =>
      inTurns(size.refreshed, async (caller, index) => {
        const { status, body } = await send(urlOf(index), 'POST', '/v1/auth/refresh', { body: { refreshToken: tokens[caller] } });
        expect(status).toBe(200);
        tokens[caller] = body.refreshToken;
      }),
    );
    const resting = await measureCpu(replicas, () => pause(size.restMs));

    const figures = {
      load: Math.round(load * 10) / 10,
      askedMicros: await each(asked, (seconds) => (seconds * 1e6) / size.asked),
      refreshedMicros: await each(refreshed, (seconds) => (seconds * 1e6) / size.refreshed),
      restingMillis: await each(resting, (seconds) => (seconds * 1e6) / size.restMs / count),
      memoryMiB: await each(await perService((service) => sum(all[service], 'process_resident_memory_bytes')), (bytes) => bytes / count / 2 ** 20),
      databaseConnections: { user: await backends('user'), auth: await backends('auth') },
      grpcConnections: { user: countConnections(all.user.map(({ port }) => port)), auth: countConnections(all.auth.map(({ port }) => port)) },
      keyFetches: await sum(all.auth, 'rpc_server_call_duration_seconds_count{rpc_method="gatehouse.verifier.v1.VerifierService/GetJwks"'),
      leastShare: Math.round(Math.min(...shares) * 100) / 100,
      mostShare: Math.round(Math.max(...shares) * 100) / 100,
      spreadMs,
    };

    expect(figures.leastShare).toBeGreaterThan(0.5);
    expect(figures.mostShare).toBeLessThan(1.5);
    // each pool, and a connection a process that readiness is asked over
    for (const service of ['user', 'auth'] as const) expect(figures.databaseConnections[service]).toBeLessThanOrEqual(count * (poolSize + 1));
    // every gateway and every auth to every user; every gateway and every user to every auth
    expect(figures.grpcConnections).toEqual({ user: 2 * count * count, auth: 2 * count * count });
    // each verifier at its start, and not again for each request; a try may come before there is anybody to ask
    expect(figures.keyFetches).toBeGreaterThanOrEqual(2 * count);
    expect(figures.keyFetches).toBeLessThanOrEqual(4 * count);
    if (isProof) keepMeasurement(count, figures);
  } finally {
    await replicas.close();
  }
}, 600_000);

function keepMeasurement(count: number, figures: object): void {
  const folder = resolve(__dirname, '../../../tmp/measurements');
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, `replicas-${count}.json`), JSON.stringify({ count, ...size, ...figures }));
}
