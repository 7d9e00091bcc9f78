import { spawnSync } from 'node:child_process';
import { type Gatehouse, startGatehouse } from '../test/support/gatehouse';
import { send, signUp } from '../test/support/http';

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse();
  await signUp(gatehouse.url, 'measured@example.com');
  await send(gatehouse.url, 'GET', '/nowhere');
});
afterAll(() => gatehouse.close());

it.each(['gatewayAdmin', 'userAdmin', 'authAdmin'] as const)('promtool finds nothing wrong with the metrics at %s', async (port) => {
  const response = await fetch(`http://127.0.0.1:${gatehouse.ports[port]}/metrics`);
  const text = await response.text();
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  expect(text).toContain(port === 'gatewayAdmin' ? 'http_server_request_duration_seconds_bucket' : 'rpc_server_call_duration_seconds_bucket');
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
});
