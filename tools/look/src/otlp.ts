import { fromBinary, fromJsonString } from '@bufbuild/protobuf';
import type { Attributes, AttributeValue, Span } from './answers';
import { type ExportTraceServiceRequest, ExportTraceServiceRequestSchema } from './gen/opentelemetry/proto/collector/trace/v1/trace_service_pb';
import type { AnyValue, KeyValue } from './gen/opentelemetry/proto/common/v1/common_pb';
import { type Span as OtlpSpan, Span_SpanKind as SpanKind, Status_StatusCode as StatusCode } from './gen/opentelemetry/proto/trace/v1/trace_pb';

/** The two encodings of OTLP/HTTP. */
export type Encoding = 'application/x-protobuf' | 'application/json';

/** The spans of an export request, and how many of its spans had no valid id. */
export interface ReceivedSpans {
  readonly spans: readonly Span[];
  readonly rejected: number;
}

/**
 * Decodes opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest (OTLP 1.x).
 * @throws Error when the bytes are none
 */
export function decodeSpans(body: Uint8Array, encoding: Encoding): ReceivedSpans {
  const isJson = encoding === 'application/json';
  const request: ExportTraceServiceRequest = isJson
    ? fromJsonString(ExportTraceServiceRequestSchema, Buffer.from(body).toString('utf8'), { ignoreUnknownFields: true })
    : fromBinary(ExportTraceServiceRequestSchema, body);
  // OTLP's JSON has ids in hex where protobuf's has base64: what was read as base64 is written as such to have the hex back
  const toId = (bytes: Uint8Array) =>
    Buffer.from(bytes)
      .toString(isJson ? 'base64' : 'hex')
      .toLowerCase();
  const all = request.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = String(toAttributes(resource?.attributes ?? [])['service.name'] ?? 'unknown');
    return scopeSpans.flatMap((scope) => scope.spans.map((span) => toSpan(span, service, toId)));
  });
  const spans = all.filter(({ traceId, spanId }) => isId(traceId, 32) && isId(spanId, 16));
  return { spans, rejected: all.length - spans.length };
}

const isId = (id: string, length: number) => id.length === length && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id);

function toSpan(span: OtlpSpan, service: string, toId: (bytes: Uint8Array) => string): Span {
  return {
    traceId: toId(span.traceId),
    spanId: toId(span.spanId),
    parentSpanId: toId(span.parentSpanId),
    service,
    name: span.name,
    kind: (SpanKind[span.kind] ?? 'UNSPECIFIED').toLowerCase(),
    start: toMs(span.startTimeUnixNano),
    duration: Math.max(0, toMs(span.endTimeUnixNano) - toMs(span.startTimeUnixNano)),
    isError: span.status?.code === StatusCode.ERROR,
    attributes: toAttributes(span.attributes),
    events: span.events.map(({ name, timeUnixNano, attributes }) => ({ name, time: toMs(timeUnixNano), attributes: toAttributes(attributes) })),
    links: span.links.map(({ traceId, spanId }) => ({ traceId: toId(traceId), spanId: toId(spanId) })),
  };
}

// whole microseconds since the epoch still fit a double
const toMs = (nanoseconds: bigint) => Number(nanoseconds / 1_000n) / 1_000;

const toAttributes = (pairs: readonly KeyValue[]): Attributes => Object.fromEntries(pairs.map(({ key, value }) => [key, toValue(value)]));

function toValue(any: AnyValue | undefined): AttributeValue {
  const kind = any?.value;
  switch (kind?.case) {
    case 'stringValue':
    case 'boolValue':
    case 'doubleValue':
      return kind.value;
    case 'intValue':
      return Number(kind.value);
    case 'bytesValue':
      return Buffer.from(kind.value).toString('base64');
    case 'arrayValue':
      return kind.value.values.map(toValue);
    case 'kvlistValue':
      return toAttributes(kind.value.values);
    default:
      return null;
  }
}
