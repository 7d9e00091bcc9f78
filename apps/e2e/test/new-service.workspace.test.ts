import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';
import { send } from './support/http';
import { freePorts, type Launcher, startLauncher } from './support/launcher';
import { until } from './support/service-process';

let clone: ScratchClone;
let folder: string;
let launcher: Launcher | undefined;
beforeAll(() => {
  clone = makeScratchClone('new service');
  folder = mkdtempSync(join(tmpdir(), 'new service data '));
  chmodSync(folder, 0o711); // PostgreSQL's account passes through when we are root
});
afterAll(async () => {
  launcher?.child.kill('SIGTERM');
  await launcher?.exited;
  clone.remove();
  rmSync(folder, { recursive: true, force: true });
});

it('a service that is generated is linted, tested and run by what is there, and reached, authorised, documented and traced like the others', async () => {
  clone.nx('generate', 'gatehouse:service', 'billing', '--resource', 'line-item', '--no-interactive');
  expect(() => clone.nx('generate', 'gatehouse:service', 'billing')).toThrow(
    /billing is taken, by the project in apps\/billing, .*\s+the tree holds what is not committed/,
  );
  clone.nx('run-many', '-t', 'lint', 'typecheck', 'test', '-p', 'billing', 'contracts-billing', 'proto');
  clone.nx('run-many', '-t', 'build', '-p', 'tag:type:service', 'launcher');

  const ports = await freePorts(clone.folder);
  launcher = startLauncher({ GATEHOUSE_DATA_DIR: join(folder, 'data'), ...ports }, clone.folder);
  const { url, email, password, look = '' } = await launcher.ready();
  const { accessToken: token, refreshToken } = (await send(url, 'POST', '/v1/auth/login', { body: { email, password } })).body;
  expect((await send(url, 'POST', '/v1/lineItems', { body: { displayName: '' } })).status).toBe(401);
  expect(await send(url, 'POST', '/v1/lineItems', { token, body: { displayName: '' } })).toMatchObject({
    status: 400,
    body: { reason: 'VALIDATION_FAILED', violations: [{ field: 'displayName' }] },
  });
  const made = await send(url, 'POST', '/v1/lineItems', { token, body: { displayName: 'The first' } });
  expect(made).toMatchObject({ status: 200, body: { displayName: 'The first' } });
  expect(await send(url, 'GET', `/v1/lineItems/${made.body.id}`, { token })).toMatchObject({ status: 200, body: made.body });
  expect((await send(url, 'GET', '/v1/lineItems', { token })).body.lineItems).toEqual([made.body]);

  const { body: document } = await send(url, 'GET', '/openapi.json');
  expect(document.paths['/v1/lineItems'].post).toMatchObject({
    operationId: 'BillingService_CreateLineItem',
    security: [{ bearer: ['lineItems.create'] }],
    responses: { 200: expect.anything(), 400: expect.anything(), 401: expect.anything(), 403: expect.anything() },
  });

  const read = async (path: string) => (await send(look, 'GET', path)).body;
  const findTrace = async () =>
    (await read('/api/now?after=0')).requests.find(({ name, status }: { name: string; status: string }) => name === 'POST /v1/lineItems' && status === '200');
  await until('the trace is whole', async () => (await findTrace())?.services.length === 2);
  const trace = await read(`/api/traces/${(await findTrace()).traceId}`);
  expect(trace.spans.map(({ service, name }: { service: string; name: string }) => `${service} ${name}`)).toEqual(
    expect.arrayContaining(['gateway POST /v1/lineItems', 'billing gatehouse.billing.v1.BillingService/CreateLineItem', 'billing insert-line-item']),
  );

  await send(url, 'POST', '/v1/auth/logout', { body: { refreshToken } });
  const heardByItself = async () => (await (await fetch(`http://127.0.0.1:${ports['BILLING_ADMIN_PORT']}/metrics`)).text()).includes('\nrevocations_held 1\n');
  await until('the new service has heard of the session that ended', heardByItself);
  await until('its token is refused', async () => (await send(url, 'GET', '/v1/lineItems', { token })).body.reason === 'TOKEN_REVOKED');
}, 400_000);
