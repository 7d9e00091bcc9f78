import { SpanKind } from '@opentelemetry/api';
import { fromBinary } from '@bufbuild/protobuf';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { gzipSync } from 'node:zlib';
import { ExportTraceServiceResponseSchema } from '../src/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb';
import { Span_SpanKind as OtlpKind, Status_StatusCode as StatusCode } from '../src/gen/opentelemetry/proto/trace/v1/trace_pb';
import { StatusSchema } from '../src/gen/google/rpc/status_pb';
import { type LookUnderTest, makeSpan, startLook, toExport, toId } from './look-under-test';

let under: LookUnderTest;
beforeEach(async () => (under = await startLook()));
afterEach(() => under.close());

const protobuf = { 'content-type': 'application/x-protobuf' };
const text = (key: string, value: string) => ({ key, value: { value: { case: 'stringValue' as const, value } } });
const number = (key: string, value: number) => ({ key, value: { value: { case: 'intValue' as const, value: BigInt(value) } } });

describe('traces that come in', () => {
  it('are shown span for span, with what they tell', async () => {
    const root = makeSpan(1, 1, {
      name: 'POST /v1/auth/login',
      kind: OtlpKind.SERVER,
      attributes: [number('http.response.status_code', 401)],
      endTimeUnixNano: 31_500_000n,
    });
    const parentSpanId = root.spanId;
    const query = makeSpan(1, 2, {
      parentSpanId,
      name: 'find-user',
      kind: OtlpKind.CLIENT,
      status: { code: StatusCode.ERROR },
      attributes: [text('db.system.name', 'postgresql')],
    });
    expect((await under.send([query], 'user')).status).toBe(200);
    const { status, headers, body } = await under.send([root]);
    expect([status, headers['content-type'], body.length]).toEqual([200, 'application/x-protobuf', 0]);

    const { requests } = await under.now();
    expect(requests).toEqual([
      {
        traceId: toId(1, 32),
        name: 'POST /v1/auth/login',
        start: 1,
        duration: 30.5,
        services: ['user', 'gateway'],
        status: '401',
        outcome: 'refused',
        spans: 2,
      },
    ]);
    const trace = await under.trace(toId(1, 32));
    expect(trace?.spans).toHaveLength(2);
    expect(trace?.spans).toContainEqual(
      expect.objectContaining({
        service: 'user',
        name: 'find-user',
        kind: 'client',
        parentSpanId: toId(1, 16),
        isError: true,
        attributes: { 'db.system.name': 'postgresql' },
        duration: 5,
      }),
    );
  });

  it("are those of OpenTelemetry's own exporter, in JSON", async () => {
    const exporter = new OTLPTraceExporter({ url: `${under.url}/v1/traces` });
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'auth' }),
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    });
    const span = provider.getTracer('test').startSpan('sweep', { kind: SpanKind.SERVER, attributes: { swept: 3, names: ['a', 'b'] } });
    span.addEvent('retry', { 'rpc.status_code': 'UNAVAILABLE' });
    span.end();
    await provider.shutdown();
    const { traceId, spanId } = span.spanContext();
    const trace = await under.trace(traceId);
    expect(trace?.spans).toMatchObject([
      {
        traceId,
        spanId,
        parentSpanId: '',
        service: 'auth',
        kind: 'server',
        attributes: { swept: 3, names: ['a', 'b'] },
        events: [{ name: 'retry', attributes: { 'rpc.status_code': 'UNAVAILABLE' } }],
      },
    ]);
    expect(Math.abs(trace!.spans[0]!.start - Date.now())).toBeLessThan(60_000);
  });

  it('may be compressed', async () => {
    const { status } = await under.ask('POST', '/v1/traces', { ...protobuf, 'content-encoding': 'gzip' }, gzipSync(toExport([makeSpan(7)])));
    expect(status).toBe(200);
    expect(await under.trace(toId(7, 32))).toBeDefined();
  });

  it('are held once, though an export is repeated', async () => {
    await under.send([makeSpan(1)]);
    await under.send([makeSpan(1)]);
    expect((await under.trace(toId(1, 32)))?.spans).toHaveLength(1);
  });

  it('are told of once to a page that says what it knows', async () => {
    await under.send([makeSpan(1)]);
    const { revision } = await under.now();
    await under.send([makeSpan(2)]);
    const next = await under.now('', revision);
    expect(next.requests.map(({ traceId }) => traceId)).toEqual([toId(2, 32)]);
    expect((await under.now('', next.revision)).requests).toEqual([]);
  });
});

describe('memory is bounded', () => {
  it('by number: of 2,000 traces the last 1,000 are held', async () => {
    for (let first = 0; first < 2_000; first += 100) await under.send(Array.from({ length: 100 }, (_, index) => makeSpan(first + index)));
    const { requests, maxRequests } = await under.now();
    expect([requests.length, maxRequests]).toEqual([1_000, 1_000]);
    expect(new Set(requests.map(({ traceId }) => traceId))).toEqual(new Set(Array.from({ length: 1_000 }, (_, index) => toId(1_000 + index, 32))));
    expect(await under.trace(toId(999, 32))).toBeUndefined();
  });

  it('by bytes: of 30 traces of 3 MB each no more than 64 MiB are held, the last ones', async () => {
    const large = text('db.query.text', 'x'.repeat(3_000_000));
    for (let trace = 0; trace < 30; trace++) expect((await under.send([makeSpan(trace, 0, { attributes: [large] })])).status).toBe(200);
    const { requests } = await under.now();
    expect(requests.map(({ traceId }) => traceId)).toEqual(Array.from({ length: 22 }, (_, index) => toId(8 + index, 32)));
  });

  it('for each trace: one that never ends pushes out no other, and says how much is missing', async () => {
    await under.send([makeSpan(1)]);
    const large = text('db.query.text', 'x'.repeat(1_000_000));
    for (let span = 0; span < 100; span++) await under.send([makeSpan(2, span, { attributes: [large] })]);
    expect(await under.trace(toId(1, 32))).toBeDefined();
    const endless = await under.trace(toId(2, 32));
    expect([endless?.spans.length, endless?.leftOut]).toEqual([4, 96]);
  });

  it('for log lines: the last 10,000 are held, in at most 16 MiB', async () => {
    await under.send([makeSpan(1), makeSpan(2)]);
    const line = (trace: number, index: number, filling = '') => JSON.stringify({ msg: 'call', trace_id: toId(trace, 32), index, filling });
    for (let index = 0; index < 12_000; index++) under.look.addLine('user', line(1, index));
    const lines = (await under.trace(toId(1, 32)))!.lines;
    expect(lines.length).toBeGreaterThan(8_000);
    expect(lines.length).toBeLessThanOrEqual(10_000);
    expect(lines.at(-1)).toEqual({ service: 'user', text: line(1, 11_999) });
    for (let index = 0; index < 5_000; index++) under.look.addLine('user', line(2, index, 'x'.repeat(10_000)));
    const bytes = (await under.trace(toId(2, 32)))!.lines.reduce((sum, { text: each }) => sum + each.length, 0);
    expect(bytes).toBeGreaterThan(12 << 20);
    expect(bytes).toBeLessThanOrEqual(16 << 20);
  });
});

describe('what is no export is refused, and said so as OTLP says', () => {
  it.each([
    ['bytes that are no protobuf', 400, protobuf, Buffer.from([0xff, 0xff, 0xff])],
    ['a message cut short', 400, protobuf, toExport([makeSpan(1)]).subarray(0, -3)],
    ['what claims to be gzip', 400, { ...protobuf, 'content-encoding': 'gzip' }, toExport([makeSpan(1)])],
    ['another compression', 415, { ...protobuf, 'content-encoding': 'br' }, toExport([makeSpan(1)])],
    ['more than 4 MiB', 413, protobuf, Buffer.alloc((4 << 20) + 1)],
    ['much more than 4 MiB', 413, protobuf, Buffer.alloc(40 << 20)],
    ['a little that becomes more than 4 MiB', 413, { ...protobuf, 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(100 << 20))],
  ])('%s: %d', async (_what, status, headers, body) => {
    const answer = await under.ask('POST', '/v1/traces', headers, body);
    expect(answer.status).toBe(status);
    expect(fromBinary(StatusSchema, answer.body)).toMatchObject({ code: 3, message: expect.stringMatching(/^the (body|content)/) });
    expect((await under.now()).requests).toEqual([]);
  });

  it.each(['{"resourceSpans":', '{"resourceSpans":7}', '[]'])('JSON such as %s: 400', async (body) => {
    const answer = await under.ask('POST', '/v1/traces', { 'content-type': 'application/json' }, body);
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([400, { code: 3, message: 'the body is no ExportTraceServiceRequest' }]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])('a type that any page may send, "%s": 415', async (type) => {
    expect((await under.ask('POST', '/v1/traces', type ? { 'content-type': type } : {}, toExport([makeSpan(1)]))).status).toBe(415);
    expect((await under.now()).requests).toEqual([]);
  });

  it('a span without a valid id, of which the others are taken', async () => {
    const { status, body } = await under.send([makeSpan(1), makeSpan(2, 0, { traceId: Buffer.alloc(16) }), makeSpan(3, 0, { spanId: Buffer.from('short') })]);
    expect(status).toBe(200);
    expect(fromBinary(ExportTraceServiceResponseSchema, body).partialSuccess).toMatchObject({ rejectedSpans: 2n });
    expect((await under.now()).requests.map(({ traceId }) => traceId)).toEqual([toId(1, 32)]);
  });
});
