import { type CollectedSpan, createTestCollector, type TestCollector } from '@gatehouse/observability/testing';
import { type Gatehouse, services, startGatehouse } from './support/gatehouse';
import { send, signUp } from './support/http';
import { until } from './support/service-process';
import { toTree } from './support/trace-tree';

let collector: TestCollector;
let gatehouse: Gatehouse;
beforeAll(async () => {
  collector = await createTestCollector();
  gatehouse = await startGatehouse({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
});
afterAll(async () => {
  await gatehouse.close();
  await collector.close();
});

const accessLinesOf = (traceId: string) =>
  services.flatMap((service) => gatehouse.processes[service].lines.filter((line) => line.body === 'call' && line.trace_id === traceId));

it('one sign-up is one trace, from the gateway to the last query of both services, and their access lines carry it', async () => {
  const answer = await send(gatehouse.url, 'POST', '/v1/auth/signup', {
    body: { email: 'traced@example.com', password: 'correct horse battery' },
    // a stranger does not get into our traces
    headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
  });
  expect(answer.status).toBe(200);
  const [root] = (await collector.waitForSpans(({ name }) => name === 'POST /v1/auth/signup')) as [CollectedSpan];
  // the span that ends first is the deepest: with it and the root, every exporter has had its turn
  await collector.waitForSpans(({ name, traceId }) => name === 'insert-user' && traceId === root.traceId);
  await collector.waitForSpans(({ name, serviceName, traceId }) => serviceName === 'auth' && name.endsWith('/SignUp') && traceId === root.traceId);
  expect(root).toMatchObject({
    serviceName: 'gateway',
    kind: 'SERVER',
    parentSpanId: undefined,
    attributes: { 'http.request.method': 'POST', 'http.route': '/v1/auth/signup', 'http.response.status_code': 200 },
    links: [{ traceId: '0af7651916cd43dd8448eb211c80319c' }],
  });
  expect(root.traceId).not.toBe('0af7651916cd43dd8448eb211c80319c');

  const trace = await collector.waitForSpans(({ traceId }) => traceId === root.traceId, 10);
  const tree = toTree(trace);
  expect(tree).toHaveLength(trace.length); // every span hangs on the root
  expect(tree.slice(0, 3)).toEqual([
    'gateway server POST /v1/auth/signup',
    '  gateway client gatehouse.auth.v1.AuthService/SignUp',
    '    auth server gatehouse.auth.v1.AuthService/SignUp',
  ]);
  expect(tree).toContain('      auth client begin-sign-up');
  expect(tree).toContain('      auth client gatehouse.user.v1.UserService/CreateUser');
  expect(tree).toContain('        user server gatehouse.user.v1.UserService/CreateUser');
  expect(tree).toContain('          user client insert-user');
  expect(tree).toContain('      auth client insert-session');

  const sql = trace.find(({ name }) => name === 'insert-user')!;
  expect(sql.attributes).toMatchObject({ 'db.system.name': 'postgresql', 'db.namespace': 'gatehouse_user' });
  expect(JSON.stringify(trace)).not.toContain('traced@example.com');

  const lines = accessLinesOf(root.traceId);
  expect(lines.map((line) => `${String(line['service.name'])} ${String(line['rpc.method'] ?? line['http.route'])}`)).toEqual(
    expect.arrayContaining(['user gatehouse.user.v1.UserService/CreateUser', 'auth gatehouse.auth.v1.AuthService/SignUp', 'gateway /v1/auth/signup']),
  );
  expect(new Set(lines.map((line) => line['request_id']))).toEqual(new Set([answer.headers.get('x-request-id')]));
});

it('a problem names its trace, and no line or span tells a password, a token or an email', async () => {
  const { body } = await signUp(gatehouse.url, 'quiet@example.com', 'a password to be found nowhere');
  const problem = await send(gatehouse.url, 'POST', '/v1/auth/login', { body: { email: 'quiet@example.com', password: 'a wrong password' } });
  await until('the lines of the three processes', () => accessLinesOf(problem.body.traceId).length === 3);
  await collector.waitForSpans(({ traceId, name }) => traceId === problem.body.traceId && name === 'POST /v1/auth/login');
  const told = JSON.stringify([collector.spans, services.map((service) => gatehouse.processes[service].lines)]);
  for (const secret of ['a password to be found nowhere', 'a wrong password', 'quiet@example.com', body.accessToken, body.refreshToken])
    expect(told).not.toContain(secret);
});
