import type { AddressInfo } from 'node:net';
import { createTestCollector, type TestCollector } from '../src/testing';
import { createOtlpGrpcServer } from '../src/testing/otlp-grpc';
import { observe, readSeries } from './observed';

let collector: TestCollector;
beforeEach(async () => (collector = await createTestCollector()));
afterEach(() => collector.close());

/** Makes `count` requests, and closes. */
async function trace(options: Parameters<typeof observe>[1], count = 1, traceparent?: string) {
  const user = observe('user', { trustTraceparent: traceparent !== undefined, ...options });
  for (let index = 0; index < count; index++)
    user.http.start({ method: 'GET', path: '/', requestId: 'r', headers: { traceparent } }).end({ status: 200, route: '/' });
  await user.close();
}

describe('spans', () => {
  it.each([
    ['grpc', 'none'],
    ['grpc', 'gzip'],
    ['http/protobuf', 'none'],
    ['http/protobuf', 'gzip'],
    ['http/json', 'gzip'],
  ] as const)('arrive by %s with compression %s, and with the headers that were set', async (otlpProtocol, otlpCompression) => {
    const otlpEndpoint = otlpProtocol === 'grpc' ? collector.grpcUrl : collector.url;
    await trace({ otlpEndpoint, otlpProtocol, otlpCompression, otlpHeaders: { 'api-key': 'a key' } }, 3);
    expect(collector.spans.map(({ name, kind, durationMs }) => [name, kind, durationMs >= 0])).toEqual(Array(3).fill(['GET /', 'SERVER', true]));
    const [batch, ...others] = collector.headers;
    expect(others).toEqual([]);
    expect(batch).toMatchObject({ 'api-key': 'a key' });
    const compressed = otlpProtocol === 'grpc' ? batch!['grpc-encoding'] : batch!['content-encoding'];
    expect(compressed).toBe(otlpCompression === 'gzip' ? 'gzip' : undefined);
  });

  it('go to the URL for traces as it is, where there is one', async () => {
    await trace({ otlpEndpoint: 'http://127.0.0.1:1', otlpTracesEndpoint: `${collector.url}/v1/traces` });
    expect(collector.spans).toHaveLength(1);
  });

  it('tell what the settings say of the process, and its name above all', async () => {
    await trace({
      otlpEndpoint: collector.url,
      serviceName: 'identity',
      resourceAttributes: { 'service.name': 'x', 'service.version': '2', 'deployment.environment.name': 'staging' },
    });
    expect(collector.spans[0]!.resource).toEqual({ 'service.name': 'identity', 'service.version': '2', 'deployment.environment.name': 'staging' });
  });

  it('carry the tracestate of their caller', async () => {
    const user = observe('user', { trustTraceparent: true, otlpEndpoint: collector.url });
    user.http
      .start({ method: 'GET', path: '/', requestId: 'r', headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'congo=1, rojo=2' } })
      .end({ status: 200, route: '/' });
    await user.close();
    expect(collector.spans).toMatchObject([{ traceState: 'congo=1,rojo=2' }]);
  });
});

describe('a collector by gRPC', () => {
  const unavailable = 14;
  const unauthenticated = 16;
  it.each([
    ['that is away for a moment gets the batch again', [unavailable, unavailable, 0], 3, 1],
    ['that wants no more of a batch does not get it again', [unauthenticated, 0], 1, 0],
  ] as const)('%s', async (_, statuses, requests, exported) => {
    let count = 0;
    const sessions = new Set<{ destroy(): void }>();
    const server = createOtlpGrpcServer(() => statuses[count++]).on('session', (session) => void sessions.add(session));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const user = observe('user', { otlpEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, otlpProtocol: 'grpc' });
    user.http.start({ method: 'GET', path: '/', requestId: 'r', headers: {} }).end({ status: 200, route: '/' });
    await user.close(10_000);
    for (const session of sessions) session.destroy();
    await new Promise((resolve) => server.close(resolve));
    expect(count).toBe(requests);
    expect(await readSeries(user, 'span_exported_total')).toBe(exported);
    expect(await readSeries(user, 'span_dropped_total{reason="export_failed"}')).toBe(1 - exported);
  });
});

describe('the sampler', () => {
  const sampled = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const unsampled = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;
  it.each([
    ['always_on', 1, [1, 1, 1]],
    ['always_off', 1, [0, 0, 0]],
    ['traceidratio', 0, [0, 0, 0]],
    ['traceidratio', 1, [1, 1, 1]],
    ['parentbased_always_on', 0, [1, 1, 0]],
    ['parentbased_always_off', 1, [0, 1, 0]],
    ['parentbased_traceidratio', 0, [0, 1, 0]],
    ['parentbased_traceidratio', 1, [1, 1, 0]],
  ] as const)('%s with %d takes of a new trace, a sampled one and one that is not: %j', async (sampler, sampleRatio, taken) => {
    const counts: number[] = [];
    for (const traceparent of [undefined, sampled, unsampled]) {
      const before = collector.spans.length;
      await trace({ otlpEndpoint: collector.url, sampler, sampleRatio }, 1, traceparent);
      counts.push(collector.spans.length - before);
    }
    expect(counts).toEqual(taken);
  });

  it('takes its ratio of many', async () => {
    await trace({ otlpEndpoint: collector.url, sampleRatio: 0.25 }, 2_000);
    // 500 are expected; to miss this by chance is less likely than 1 in 10^12
    expect(collector.spans.length).toBeGreaterThan(350);
    expect(collector.spans.length).toBeLessThan(650);
  });
});
