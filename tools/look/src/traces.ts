import type { Outcome, RequestSummary, Span } from './answers';

export interface TraceLimits {
  readonly maxTraces: number;
  readonly maxBytes: number;
}

export interface Traces {
  /** Adds spans to their traces; makes room by forgetting the traces that began to come in first. */
  add(spans: readonly Span[]): void;
  /** Of every trace that has changed since a revision, and the revision that they make. */
  since(revision: number): { readonly revision: number; readonly requests: readonly RequestSummary[] };
  find(traceId: string): { readonly spans: readonly Span[]; readonly leftOut: number } | undefined;
  /** What is held now. */
  readonly held: { readonly traces: number; readonly bytes: number };
}

interface Trace {
  /** As JSON: a third of the memory, and bytes that can be counted. */
  readonly spans: string[];
  readonly services: Set<string>;
  /** The span without a parent, or the earliest as long as that has not ended. */
  first: Span;
  end: number;
  bytes: number;
  leftOut: number;
  revision: number;
}

// no trace may push out all others
const largestShare = 1 / 16;

/** Holds the last traces in memory, bounded by number and by bytes. */
export function createTraces({ maxTraces, maxBytes }: TraceLimits): Traces {
  const traces = new Map<string, Trace>();
  let bytes = 0;
  // begins at the clock, so that a page that was open before a restart is behind and gets everything
  let revision = Date.now();

  const put = (span: Span) => {
    const text = JSON.stringify(span);
    const known = traces.get(span.traceId);
    if (known) known.revision = revision;
    if ((known?.bytes ?? 0) + text.length > maxBytes * largestShare) {
      if (known) known.leftOut++;
      return;
    }
    const trace: Trace = known ?? { spans: [], services: new Set(), first: span, end: 0, bytes: 0, leftOut: 0, revision };
    traces.set(span.traceId, trace);
    trace.end = Math.max(trace.end, span.start + span.duration);
    if (isEarlier(span, trace.first)) trace.first = span;
    trace.spans.push(text);
    trace.services.add(span.service);
    trace.bytes += text.length;
    bytes += text.length;
  };
  const makeRoom = () => {
    for (const [traceId, trace] of traces) {
      if (traces.size <= maxTraces && bytes <= maxBytes) return;
      traces.delete(traceId);
      bytes -= trace.bytes;
    }
  };

  return {
    add(spans) {
      revision++;
      for (const span of spans) {
        put(span);
        makeRoom();
      }
    },
    since: (known) => ({ revision, requests: [...traces].filter(([, trace]) => trace.revision > known).map(([traceId, trace]) => toSummary(traceId, trace)) }),
    find(traceId) {
      const trace = traces.get(traceId);
      if (!trace) return undefined;
      // an export that is repeated brings its spans twice
      const spans = new Map(trace.spans.map((text) => JSON.parse(text) as Span).map((span) => [span.spanId, span]));
      return { spans: [...spans.values()].sort((one, other) => one.start - other.start), leftOut: trace.leftOut };
    },
    get held() {
      return { traces: traces.size, bytes };
    },
  };
}

const isEarlier = (span: Span, than: Span) => (!span.parentSpanId === !than.parentSpanId ? span.start < than.start : !span.parentSpanId);

function toSummary(traceId: string, { first, end, services, spans, leftOut }: Trace): RequestSummary {
  const status = first.attributes['http.response.status_code'] ?? first.attributes['rpc.status_code'] ?? '';
  const duration = first.parentSpanId ? end - first.start : first.duration;
  return {
    traceId,
    name: first.name,
    start: first.start,
    duration,
    services: [...services],
    status: String(status),
    outcome: toOutcome(first, status),
    spans: spans.length + leftOut,
  };
}

function toOutcome({ isError }: Span, status: unknown): Outcome {
  if (isError) return 'failed';
  return (typeof status === 'number' && status >= 400) || (typeof status === 'string' && status !== '' && status !== 'OK') ? 'refused' : 'ok';
}
