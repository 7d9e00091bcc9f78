import { connect } from 'node:net';
import { type GatewayUnderTest, pause, startGateway } from './gateway-under-test';

let gateway: GatewayUnderTest;
beforeAll(async () => {
  gateway = await startGateway({ GATEWAY_MAX_IN_FLIGHT: '70', RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_CLIENT_POINTS: '1000' });
});
afterAll(() => gateway.close());

const readMetrics = async () => (await fetch(`http://127.0.0.1:${gateway.app.adminPort}/metrics`)).text();
async function until(what: string): Promise<void> {
  for (const end = Date.now() + 10_000; !(await readMetrics()).includes(`\n${what}\n`); await pause(20))
    if (Date.now() > end) throw new Error(`there is no ${what}: ${await readMetrics()}`);
}

it('requests that wait for their answer are counted, and so are those refused for their number', async () => {
  const held = Promise.withResolvers<void>();
  gateway.upstreams.answers['GetUser'] = async () => held.promise.then(() => ({}));
  const headers = { authorization: `Bearer ${await gateway.upstreams.issuer.accessToken({ id: 'a', permissions: ['users.read'] })}` };
  const ask = () => fetch(`${gateway.url}/v1/users/018f0000-0000-7000-8000-000000000001`, { headers });
  const waiting = Array.from({ length: 70 }, ask);
  await until('http_server_active_requests{http_request_method="GET"} 70');
  expect((await ask()).status).toBe(429);
  held.resolve();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(70).fill(200));
  await until('http_server_active_requests{http_request_method="GET"} 0');
  await until('http_server_shed_requests_total{reason="overflow"} 1');
  await until('http_server_shed_requests_total{reason="flood"} 0');

  // more than one connection may have open at a time
  const socket = connect(gateway.app.httpPort, '127.0.0.1', () => socket.write('GET /nothing HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(66)));
  await new Promise<void>((closed) =>
    socket
      .on('error', () => {})
      .on('close', () => closed())
      .resume(),
  );
  expect(await readMetrics()).toMatch(/^http_server_shed_requests_total\{reason="flood"\} [1-9]/m);
  await until('http_server_active_requests{http_request_method="GET"} 0');
});

it('rate limits tell whom they let through, from the start', async () => {
  await until('gateway_rate_limit_decisions_total{policy="auth",decision="admitted"} 0');
  await until('gateway_rate_limit_decisions_total{policy="client",decision="refused"} 0');
  expect(await readMetrics()).toMatch(/^gateway_rate_limit_decisions_total\{policy="client",decision="admitted"\} [1-9]/m);
});

it('there is nothing of what a gateway does not do', async () => {
  expect(await readMetrics()).not.toMatch(/rpc_server|db_client|auth_password/);
});
