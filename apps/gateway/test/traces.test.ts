import { createTestCollector, type TestCollector } from '@gatehouse/observability/testing';
import { type GatewayUnderTest, startGateway } from './gateway-under-test';

let collector: TestCollector;
let gateway: GatewayUnderTest;
beforeAll(async () => {
  collector = await createTestCollector();
  // nobody listens there
  const store = { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_REDIS_URL: 'redis://:a-password@127.0.0.1:1/3' };
  gateway = await startGateway({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'edge', ...store });
});
afterAll(async () => {
  await gateway.close();
  await collector.close();
});

it('an answer tells its trace, and a problem says the same', async () => {
  const answer = await fetch(`${gateway.url}/v1/users/me`);
  const [, version, traceId, spanId, flags] = /^(\w\w)-(\w{32})-(\w{16})-(\w\w)$/.exec(answer.headers.get('traceresponse') ?? '') ?? [];
  expect([version, flags]).toEqual(['00', '03']);
  expect(await answer.json()).toMatchObject({ status: 401, traceId });
  const [root] = await collector.waitForSpans((span) => span.traceId === traceId && span.kind === 'SERVER');
  expect(root).toMatchObject({
    spanId,
    parentSpanId: undefined,
    serviceName: 'edge',
    name: 'GET /v1/users/{id}',
    status: 'UNSET',
    attributes: { 'url.scheme': 'http', 'network.protocol.version': '1.1', 'http.request.method': 'GET', 'http.response.status_code': 401 },
  });
});

it('what is refused before it is a request tells its trace too', async () => {
  const answer = await gateway.raw('GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n');
  const [, traceId] = /^traceresponse: 00-(\w{32})-\w{16}-03\r$/m.exec(answer) ?? [];
  expect(answer).toContain(`"traceId":"${traceId}"`);
});

it('a command to the store of the rate limits is part of the trace of its request, without what it is about', async () => {
  await fetch(`${gateway.url}/nothing`);
  // one that fails is the last for a while
  const [command] = await collector.waitForSpans(({ name }) => name === 'count-request');
  const [root] = await collector.waitForSpans(({ spanId }) => spanId === command!.parentSpanId);
  expect(root).toMatchObject({ kind: 'SERVER', traceId: command!.traceId });
  expect(command).toMatchObject({
    kind: 'CLIENT',
    status: 'ERROR',
    attributes: {
      'db.system.name': 'redis',
      'db.namespace': '3',
      'db.operation.name': 'EVALSHA',
      'db.query.summary': 'count-request',
      'server.address': '127.0.0.1',
      'server.port': 1,
      'error.type': expect.stringMatching(/Error$|^_OTHER$/),
    },
  });
  expect(JSON.stringify(command)).not.toContain('a-password');
});
