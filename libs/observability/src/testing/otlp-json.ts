type AttributeValue = string | number | boolean | readonly unknown[] | undefined;

/** A span as a collector got it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the first span of a trace. */
  readonly parentSpanId: string | undefined;
  /** `tracestate`, if there is one. */
  readonly traceState: string | undefined;
  readonly name: string;
  readonly kind: 'INTERNAL' | 'SERVER' | 'CLIENT' | 'PRODUCER' | 'CONSUMER' | 'UNSPECIFIED';
  readonly serviceName: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly status: 'UNSET' | 'OK' | 'ERROR';
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, AttributeValue>> }[];
  readonly durationMs: number;
  /** Of the process that sent it, `service.name` among them. */
  readonly resource: Readonly<Record<string, AttributeValue>>;
}

// the numbers of opentelemetry.proto.trace.v1.Span.SpanKind and Status.StatusCode
const kinds = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const statuses = ['UNSET', 'OK', 'ERROR'] as const;

interface OtlpValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number;
  arrayValue?: { values?: OtlpValue[] };
}
type OtlpAttributes = { key: string; value: OtlpValue }[];
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  kind?: number;
  startTimeUnixNano: string | number;
  endTimeUnixNano: string | number;
  attributes?: OtlpAttributes;
  links?: { traceId: string; spanId: string }[];
  events?: { name: string; attributes?: OtlpAttributes }[];
  status?: { code?: number };
}
/** opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest in its JSON form. */
export interface OtlpRequest {
  resourceSpans?: { resource?: { attributes?: OtlpAttributes }; scopeSpans?: { spans?: OtlpSpan[] }[] }[];
}

/** The spans of an export request. */
export function toSpans({ resourceSpans = [] }: OtlpRequest): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const owner = toRecord(resource?.attributes);
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => toSpan(span, owner)));
  });
}

function toSpan(span: OtlpSpan, resource: CollectedSpan['resource']): CollectedSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId || undefined,
    traceState: span.traceState || undefined,
    name: span.name,
    kind: kinds[span.kind ?? 0] ?? 'UNSPECIFIED',
    serviceName: String(resource['service.name']),
    attributes: toRecord(span.attributes),
    status: statuses[span.status?.code ?? 0] ?? 'UNSET',
    links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
    events: (span.events ?? []).map(({ name, attributes }) => ({ name, attributes: toRecord(attributes) })),
    durationMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
    resource,
  };
}

const toRecord = (attributes: OtlpAttributes = []) => Object.fromEntries(attributes.map(({ key, value }) => [key, toValue(value)]));

function toValue({ stringValue, boolValue, intValue, doubleValue, arrayValue }: OtlpValue): AttributeValue {
  if (intValue !== undefined) return Number(intValue);
  return stringValue ?? boolValue ?? doubleValue ?? arrayValue?.values?.map(toValue);
}
