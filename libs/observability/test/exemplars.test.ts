import { createTestCollector, type TestCollector } from '../src/testing';
import { connectEcho, echoPath, serveEcho } from './echo-service';
import { observe } from './observed';

const openMetrics = 'application/openmetrics-text';
let collector: TestCollector;
beforeAll(async () => {
  collector = await createTestCollector();
});
afterAll(() => collector.close());

/** What both sides tell of one call. */
async function tell(options: { otlpEndpoint?: string; sampleRatio?: number }): Promise<{ user: string; gateway: string }> {
  const [user, gateway] = [observe('user', options), observe('gateway', options)];
  const server = await serveEcho(async (message) => user.postgres.query({ name: 'find', text: 'select 1', database: 'd' }, async () => message), user);
  const client = connectEcho(server.target, gateway);
  const request = gateway.http.start({ method: 'GET', path: '/', requestId: 'r', headers: {} });
  await request.run(() => client.echo('x'));
  request.end({ status: 200, route: '/' });
  const told = { user: (await user.metrics(openMetrics)).body, gateway: (await gateway.metrics(openMetrics)).body };
  client.close();
  await server.close();
  await Promise.all([user.close(), gateway.close()]);
  return told;
}

const exemplarsOf = (text: string) =>
  [...text.matchAll(/^(\w+)_bucket\{.*\} \d+ # \{trace_id="([0-9a-f]{32})",span_id="([0-9a-f]{16})"\} [\d.e-]+ \d+(?:\.\d+)?$/gm)].map(
    ([, name, traceId, spanId]) => ({ name, traceId, spanId }),
  );

describe('an exemplar', () => {
  it('ties each histogram of a call to the span that it measured', async () => {
    const { user, gateway } = await tell({ otlpEndpoint: collector.url });
    const spanOf = async (kind: string, name: string) => (await collector.waitForSpans((span) => span.kind === kind && span.name === name))[0]!;
    const found = await Promise.all([spanOf('SERVER', echoPath), spanOf('CLIENT', 'find'), spanOf('SERVER', 'GET /'), spanOf('CLIENT', echoPath)]);
    const names = [
      'rpc_server_call_duration_seconds',
      'db_client_operation_duration_seconds',
      'http_server_request_duration_seconds',
      'rpc_client_call_duration_seconds',
    ];
    const expected = found.map(({ traceId, spanId }, index) => ({ name: names[index], traceId, spanId }));
    expect([...exemplarsOf(user), ...exemplarsOf(gateway)]).toHaveLength(4);
    expect([...exemplarsOf(user), ...exemplarsOf(gateway)]).toEqual(expect.arrayContaining(expected));
  });

  it('names no trace that nobody keeps', async () => {
    for (const options of [{}, { otlpEndpoint: collector.url, sampleRatio: 0 }]) {
      const { user, gateway } = await tell(options);
      expect(user).toMatch(/^rpc_server_call_duration_seconds_count\{.*\} 1$/m);
      expect(user + gateway).not.toContain('trace_id');
    }
  });
});

describe('the format of metrics', () => {
  // what Prometheus 2 and 3 ask for by default
  it.each([
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
  ])('is OpenMetrics to who likes it best: %s', async (accept) => {
    const user = observe('user');
    const { contentType, body } = await user.metrics(accept);
    await user.close();
    expect(contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(body).toMatch(/\n# EOF\n$/);
    expect(body).toContain('# TYPE log_dropped counter\nlog_dropped_total 0\n');
    for (const [, name] of body.matchAll(/^# TYPE (\S+) counter$/gm)) expect(name).not.toMatch(/_total$/);
    expect(body).not.toContain('_total_total');
  });

  it.each([undefined, '', '*/*', 'text/plain', 'text/html, */*;q=0.1', 'application/openmetrics-text;q=0.1, text/plain', 'application/openmetrics-text;q=0'])(
    'is text to who accepts %j',
    async (accept) => {
      const user = observe('user');
      expect((await user.metrics(accept)).contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
      await user.close();
    },
  );

  it('does not change by what was asked before', async () => {
    const user = observe('user');
    const toNames = (text: string) => [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const before = await user.metrics();
    await user.metrics(openMetrics);
    const after = await user.metrics();
    expect(toNames(after.body)).toEqual(toNames(before.body));
    expect(after.body).toContain('\nlog_dropped_total 0\n');
    await user.close();
  });
});
