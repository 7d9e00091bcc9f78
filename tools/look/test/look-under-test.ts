import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type IncomingHttpHeaders, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createLook, type Look } from '../src';
import type { Now, TraceDetail } from '../src/answers';
import { ExportTraceServiceRequestSchema } from '../src/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb';
import type { SpanSchema } from '../src/gen/opentelemetry/proto/trace/v1/trace_pb';

export const pageFolder = `${__dirname}/../../../dist/tools/look`;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface LookUnderTest {
  readonly look: Look;
  readonly url: string;
  /** A request with just these headers. */
  ask(method: string, path: string, headers?: Record<string, string>, body?: Uint8Array | string): Promise<Answer>;
  /** Sends spans as OTLP in protobuf. */
  send(spans: readonly MessageInitShape<typeof SpanSchema>[], service?: string): Promise<Answer>;
  now(chart?: string, after?: number): Promise<Now>;
  trace(traceId: string): Promise<TraceDetail | undefined>;
  close(): Promise<void>;
}

/** The real collector and page, on a free port. */
export async function startLook(targets: Record<string, string> = {}): Promise<LookUnderTest> {
  const look = createLook({ pageFolder, targets });
  const url = await look.listen(0);
  const ask: LookUnderTest['ask'] = (method, path, headers = {}, body) =>
    new Promise((resolve, reject) => {
      const sent = request(url + path, { method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk) => chunks.push(chunk))
          .on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }));
      });
      // a body that is not read to its end is cut off behind the answer
      sent.on('error', reject).end(body);
    });
  return {
    look,
    url,
    ask,
    send: (spans, service = 'gateway') => ask('POST', '/v1/traces', { 'content-type': 'application/x-protobuf' }, toExport(spans, service)),
    now: async (chart = '', after = 0) => JSON.parse((await ask('GET', `/api/now?after=${after}&chart=${encodeURIComponent(chart)}`)).body.toString()) as Now,
    async trace(traceId) {
      const { status, body } = await ask('GET', `/api/traces/${traceId}`);
      return status === 200 ? (JSON.parse(body.toString()) as TraceDetail) : undefined;
    },
    close: () => look.close(),
  };
}

/** An export request in protobuf. */
export function toExport(spans: readonly MessageInitShape<typeof SpanSchema>[], service = 'gateway'): Uint8Array {
  const resource = { attributes: [{ key: 'service.name', value: { value: { case: 'stringValue' as const, value: service } } }] };
  return toBinary(
    ExportTraceServiceRequestSchema,
    create(ExportTraceServiceRequestSchema, { resourceSpans: [{ resource, scopeSpans: [{ spans: [...spans] }] }] }),
  );
}

/** A trace id or span id of so many hex digits that ends with a number. */
export const toId = (number: number, digits: 32 | 16) => (number + 1).toString(16).padStart(digits, '0');

/** A span of a trace, both by number. */
export const makeSpan = (trace: number, span = 0, more: MessageInitShape<typeof SpanSchema> = {}): MessageInitShape<typeof SpanSchema> => ({
  traceId: Buffer.from(toId(trace, 32), 'hex'),
  spanId: Buffer.from(toId(span, 16), 'hex'),
  name: `span ${trace}`,
  startTimeUnixNano: BigInt(trace) * 1_000_000n,
  endTimeUnixNano: BigInt(trace) * 1_000_000n + 5_000_000n,
  ...more,
});

/** Waits until `find` gives something. */
export async function eventually<T>(what: string, find: () => Promise<T | undefined | false>, ms = 15_000): Promise<T> {
  for (const end = Date.now() + ms; ; await pause(50)) {
    const found = await find();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`);
  }
}
