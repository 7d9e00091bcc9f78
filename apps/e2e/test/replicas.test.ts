import { calleesOf, callersOf as callersOfPackage } from '#services';
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Gatehouse, type ServiceName, services, startGatehouse } from './support/gatehouse';
import { send, signUp } from './support/http';
import { countConnections, type Replica, type Replicas, startReplicas } from './support/replicas';
import { until } from './support/service-process';
import { installed } from './support/settings';
import { withClient } from './support/with-client';

// `npm run proof` asks for the full sizes; all but the rest are for each replica
const isProof = process.env['PROOF'] === 'full';
const counts = isProof ? [2, 4, 8] : [2];
const size = isProof
  ? { rounds: 3, warmUp: 400, asked: 400, refreshed: 100, restMs: 20_000 }
  : { rounds: 1, warmUp: 20, asked: 40, refreshed: 10, restMs: 500 };
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
const sum = async (replicas: readonly Replica[], series: string) =>
  (await Promise.all(replicas.map(({ read }) => read(series)))).reduce((one, other) => one + other, 0);
const readCpu = ({ all }: Replicas) => perService((service) => sum(all[service], 'process_cpu_seconds_total'));
/** CPU time that each service needs for the work, all its replicas together. Seconds. */
async function measureCpu(replicas: Replicas, work: () => Promise<unknown>): Promise<PerService> {
  const before = await readCpu(replicas);
  await work();
  const after = await readCpu(replicas);
  return perService(async (service) => after[service] - before[service]);
}
const each = (values: PerService, scale: (value: number, service: ServiceName) => number) =>
  perService(async (service) => Math.round(scale(values[service], service) * 10) / 10);
/** Callers who go round the gateways, each with a person of their own. */
async function startCallers({ all }: Replicas) {
  const urls = all.gateway.map(({ port }) => `http://127.0.0.1:${port}`);
  let index = 0;
  const url = () => urls[index++ % urls.length]!;
  const people = await Promise.all(
    Array.from({ length: callers }, async () => {
      const { status, body } = await signUp(url(), `${randomUUID()}@example.com`);
      expect([status, body.reason]).toEqual([200, undefined]);
      return body as { accessToken: string; refreshToken: string };
    }),
  );
  const inTurns = async (times: number, act: (person: (typeof people)[number]) => Promise<void>) => {
    let left = times;
    await Promise.all(
      people.map(async (person) => {
        while (left-- > 0) await act(person);
      }),
    );
  };
  return {
    ask: (times: number) =>
      inTurns(times, async ({ accessToken }) => expect((await send(url(), 'GET', '/v1/users/me', { token: accessToken })).status).toBe(200)),
    refresh: (times: number) =>
      inTurns(times, async (person) => {
        const { status, body } = await send(url(), 'POST', '/v1/auth/refresh', { body: { refreshToken: person.refreshToken } });
        expect(status).toBe(200);
        person.refreshToken = body.refreshToken;
      }),
  };
}
/** CPU time of a request, and what it is of that of a single replica of each, measured in turns. */
async function compare(
  many: Replicas,
  one: Replicas,
  times: { many: number; one: number },
  act: { many: (times: number) => Promise<void>; one: (times: number) => Promise<void> },
) {
  const micros: PerService[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < size.rounds; round++) {
    const manyTook = await measureCpu(many, () => act.many(times.many));
    const oneTook = await measureCpu(one, () => act.one(times.one));
    micros.push(await each(manyTook, (seconds) => (seconds * 1e6) / times.many));
    ratios.push(total(manyTook) / times.many / (total(oneTook) / times.one));
  }
  return { micros: await perService(async (service) => median(micros.map((values) => values[service]))), ratio: Math.round(median(ratios) * 100) / 100 };
}
const total = (values: PerService) => Object.values(values).reduce((one, other) => one + other, 0);
const median = (values: readonly number[]) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
const answeredBy = (replica: Replica) => replica.read('rpc_server_call_duration_seconds_count{rpc_method="gatehouse.user.v1.UserService/GetUser"');
const backends = (service: 'user' | 'auth') =>
  withClient(
    gatehouse.superuser[service],
    async (client) =>
      (await client.query('select count(*)::int as count from pg_stat_activity where usename = $1', [`gatehouse_${service}`])).rows[0].count as number,
  );

it.each(counts)(
  '%i of each service share the load, and cost what the arithmetic says',
  async (count) => {
    const load = loadavg()[0]!;
    const one = await startReplicas(gatehouse, 1);
    await one.startLast();
    const replicas = await startReplicas(gatehouse, count);
    const { all } = replicas;
    try {
      const callersOf = { many: await startCallers(replicas), one: await startCallers(one) };
      // one that comes later is found by every gateway
      const last = await replicas.startLast();
      const begin = Date.now();
      await until('each gateway asks the last replica', async () => {
        const before = await answeredBy(last);
        await callersOf.many.ask(count * count);
        return (await answeredBy(last)) - before >= count;
      });
      const spreadMs = Date.now() - begin;
      for (const [callers, processes] of [
        [callersOf.many, count],
        [callersOf.one, 1],
      ] as const) {
        await callers.ask(size.warmUp * processes);
        await callers.refresh((size.warmUp * processes) / 4);
      }

      const before = await Promise.all(all.user.map(answeredBy));
      const asked = await compare(replicas, one, { many: size.asked * count, one: size.asked }, { many: callersOf.many.ask, one: callersOf.one.ask });
      const shares = (await Promise.all(all.user.map(answeredBy))).map((after, index) => (after - before[index]!) / (size.asked * size.rounds));
      const refreshed = await compare(
        replicas,
        one,
        { many: size.refreshed * count, one: size.refreshed },
        { many: callersOf.many.refresh, one: callersOf.one.refresh },
      );
      await one.close();
      // each pool, a connection a process over which readiness is asked, and in auth one for the place of the follower and one for what was
      // revoked; those of who has just ended are a moment in going
      const most = { user: count * (poolSize + 1), auth: count * (poolSize + 3) };
      await until('no database has more connections', async () => (await backends('user')) <= most.user && (await backends('auth')) <= most.auth);
      const databaseConnections = { user: await backends('user'), auth: await backends('auth') };
      const resting = await measureCpu(replicas, () => pause(size.restMs));

      const figures = {
        load: Math.round(load * 10) / 10,
        askedMicros: asked.micros,
        askedRatio: asked.ratio,
        refreshedMicros: refreshed.micros,
        refreshedRatio: refreshed.ratio,
        restingMillis: await each(resting, (seconds) => (seconds * 1e6) / size.restMs / count),
        memoryMiB: await each(await perService((service) => sum(all[service], 'process_resident_memory_bytes')), (bytes) => bytes / count / 2 ** 20),
        databaseConnections,
        grpcConnections: { user: countConnections(all.user.map(({ port }) => port)), auth: countConnections(all.auth.map(({ port }) => port)) },
        keyFetches: await sum(all.auth, 'rpc_server_call_duration_seconds_count{rpc_method="gatehouse.verifier.v1.VerifierService/GetJwks"'),
        leastShare: Math.round(Math.min(...shares) * 100) / 100,
        mostShare: Math.round(Math.max(...shares) * 100) / 100,
        spreadMs,
      };

      expect(figures.leastShare).toBeGreaterThan(0.5);
      expect(figures.mostShare).toBeLessThan(1.5);
      // every caller to every callee: gateway and auth to user; gateway and user, as whoever else verifies tokens, to auth
      const callersTo = (name: string) => installed.filter((service) => calleesOf(service, installed).some((callee) => callee.name === name)).length;
      expect(figures.grpcConnections).toEqual({ user: callersTo('user') * count * count, auth: callersTo('auth') * count * count });
      // each verifier at its start, and not again for each request; a try may come before there is anybody to ask
      const verifiers = callersOfPackage('gatehouse.verifier.v1', installed).length;
      expect(figures.keyFetches).toBeGreaterThanOrEqual(verifiers * count);
      expect(figures.keyFetches).toBeLessThanOrEqual(2 * verifiers * count);
      if (isProof) keepMeasurement(count, figures);
    } finally {
      await replicas.close();
      await one.close();
    }
  },
  600_000,
);

function keepMeasurement(count: number, figures: object): void {
  const folder = resolve(__dirname, '../../../tmp/measurements');
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, `replicas-${count}.json`), JSON.stringify({ count, ...size, ...figures }));
}
