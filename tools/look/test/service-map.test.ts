import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Histogram, type OpenMetricsContentType, type PrometheusContentType, Registry } from 'prom-client';
import { eventually, type LookUnderTest, startLook } from './look-under-test';

const buckets = [0.005, 0.01, 0.1, 1];

/** A service as far as its `/metrics` go. */
async function startMeasured() {
  let registry: Registry<PrometheusContentType | OpenMetricsContentType> = new Registry();
  const server: Server = createServer(async (_request, response) =>
    response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics()),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const histogram = <L extends string>(name: string, labelNames: L[]) =>
    new Histogram({
      name,
      help: name,
      labelNames,
      buckets,
      registers: [registry],
      enableExemplars: registry.contentType === Registry.OPENMETRICS_CONTENT_TYPE,
    });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    http: () => histogram('http_server_request_duration_seconds', ['http_request_method', 'http_route', 'http_response_status_code']),
    served: () => histogram('rpc_server_call_duration_seconds', ['rpc_method', 'rpc_status_code']),
    called: () => histogram('rpc_client_call_duration_seconds', ['rpc_method', 'rpc_status_code']),
    database: () => histogram('db_client_operation_duration_seconds', ['db_operation_name', 'error_type']),
    beginAnew: () => void (registry = new Registry()),
    inOpenMetrics: () => registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Measured = Awaited<ReturnType<typeof startMeasured>>;
let gateway: Measured;
let user: Measured;
let under: LookUnderTest;
beforeEach(async () => {
  [gateway, user] = await Promise.all([startMeasured(), startMeasured()]);
  under = await startLook({ gateway: gateway.url, user: user.url });
});
afterEach(async () => {
  await under.close();
  await Promise.all([gateway.close(), user.close()]);
});

const edgeOf = async (from: string, to: string) => (await under.now()).edges.find((edge) => edge.from === from && edge.to === to);
const getUser = 'gatehouse.user.v1.UserService/GetUser';

it('draws an arrow from who calls to who serves, with what the last minute had', async () => {
  const called = gateway.called();
  const served = user.served();
  under.look.watch();
  await eventually('both are scraped', async () => (await under.now()).nodes.every(({ isUp }) => isUp));
  for (const seconds of [0.001, 0.05, 0.05, 0.05]) called.observe({ rpc_method: getUser, rpc_status_code: 'OK' }, seconds);
  called.observe({ rpc_method: getUser, rpc_status_code: 'NOT_FOUND' }, 0.05);
  called.observe({ rpc_method: getUser, rpc_status_code: 'UNAVAILABLE' }, 0.5);
  served.observe({ rpc_method: getUser, rpc_status_code: 'OK' }, 0.05);
  const edge = await eventually('the calls are counted', async () => {
    const found = await edgeOf('gateway', 'user');
    return found?.total === 6 && found;
  });
  // rank 3 of 6 is half of the way through four from 10 to 100 ms, rank 5.7 seven tenths of the way from 100 ms to 1 s
  expect(edge).toMatchObject({ refused: 1, failed: 1, finest: 5, p50: expect.closeTo(55, 6), p95: expect.closeTo(730, 6) });
  expect(edge.rate).toBeGreaterThan(0);
});

it('counts requests from outside, statements, and each method, in OpenMetrics with exemplars as in plain text', async () => {
  gateway.inOpenMetrics();
  const http = gateway.http();
  const database = user.database();
  under.look.watch();
  await eventually('both are scraped', async () => (await under.now()).nodes.every(({ isUp }) => isUp));
  http.observe({
    labels: { http_request_method: 'GET', http_route: '/v1/users/{id}', http_response_status_code: '404' },
    value: 0.002,
    exemplarLabels: { trace_id: '0af7651916cd43dd8448eb211c80319c' } as Record<string, string>,
  });
  expect(await (await fetch(gateway.url)).text()).toContain('# {trace_id=');
  database.observe({ db_operation_name: 'find-user', error_type: '' }, 0.002);
  database.observe({ db_operation_name: 'insert-user', error_type: '23505' }, 0.002);
  database.observe({ db_operation_name: 'insert-user', error_type: 'UNAVAILABLE' }, 0.002);
  await eventually('the request is counted', async () => (await edgeOf('clients', 'gateway'))?.refused === 1);
  const statements = await eventually('the statements are counted', async () => {
    const found = await edgeOf('user', 'user database');
    return found?.total === 3 && found;
  });
  expect(statements).toMatchObject({ refused: 1, failed: 1, p95: 5, finest: 5 });
  const { methods, chart } = await under.now('gateway GET /v1/users/{id}');
  expect(methods).toMatchObject([{ service: 'gateway', name: 'GET /v1/users/{id}', total: 1, refused: 1, failed: 0 }]);
  expect(Math.max(...chart.rate)).toBeGreaterThan(0);
  expect(chart.time).toHaveLength(chart.p95.length);
});

it('takes a process that began anew for what it is, and shows one that is gone', async () => {
  const before = user.served();
  for (let call = 0; call < 50; call++) before.observe({ rpc_method: getUser, rpc_status_code: 'OK' }, 0.002);
  under.look.watch();
  await eventually('it is scraped', async () => (await under.now()).nodes.find(({ name }) => name === 'user')?.isUp);
  user.beginAnew();
  user.served().observe({ rpc_method: getUser, rpc_status_code: 'OK' }, 0.002);
  const { methods } = await eventually('the new one is scraped', async () => {
    const now = await under.now();
    return now.methods[0]?.total === 1 && now;
  });
  expect(methods).toMatchObject([{ service: 'user', name: getUser, total: 1 }]);
  await user.close();
  await eventually('it is shown as gone', async () => (await under.now()).nodes.find(({ name }) => name === 'user')?.isUp === false);
});
