import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';
import { logIn, send } from './support/http';
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

  launcher = startLauncher({ GATEHOUSE_DATA_DIR: join(folder, 'data'), ...(await freePorts(clone.folder)) }, clone.folder);
  const { url, email, password, look = '' } = await launcher.ready();
  const token = await logIn(url, { email, password });
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
}, 400_000);
