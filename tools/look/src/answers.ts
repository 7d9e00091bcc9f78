// What the page reads, as JSON. Moments are milliseconds since the epoch, durations milliseconds, rates a second.

/** How a request or call ended: `refused` is the caller's doing, `failed` ours. */
export type Outcome = 'ok' | 'refused' | 'failed';

export type AttributeValue = string | number | boolean | null | readonly AttributeValue[] | { readonly [key: string]: AttributeValue };
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A span as the waterfall shows it. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly service: string;
  readonly name: string;
  readonly kind: string;
  readonly start: number;
  readonly duration: number;
  readonly isError: boolean;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly time: number; readonly attributes: Attributes }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** One row of the list of requests. */
export interface RequestSummary {
  readonly traceId: string;
  readonly name: string;
  readonly start: number;
  readonly duration: number;
  readonly services: readonly string[];
  readonly outcome: Outcome;
  /** HTTP status or gRPC code. */
  readonly status: string;
  readonly spans: number;
}

/** Calls of the last minute. Percentiles come from histograms; null is "there were none". */
export interface Traffic {
  readonly rate: number;
  readonly total: number;
  readonly refused: number;
  readonly failed: number;
  readonly p50: number | null;
  readonly p95: number | null;
  /** What a percentile can be told from: one that is this is this or less. */
  readonly finest: number;
}

export interface ServiceNode {
  readonly name: string;
  readonly isUp: boolean;
  /** Share of one core; null when not known. */
  readonly cpu: number | null;
  readonly memoryBytes: number | null;
}

export interface Edge extends Traffic {
  readonly from: string;
  readonly to: string;
}

export interface MethodRow extends Traffic {
  readonly service: string;
  readonly name: string;
}

/** Columns over the time of the chart; null where nothing was called. */
export interface ChartData {
  readonly time: readonly number[];
  readonly rate: readonly number[];
  readonly failing: readonly number[];
  readonly p95: readonly (number | null)[];
}

/** Answer of `/api/now?after=<revision>&chart=<service> <method>`. */
export interface Now {
  /** To be sent as `after` next time: what has not changed since is not sent again. */
  readonly revision: number;
  readonly requests: readonly RequestSummary[];
  readonly maxRequests: number;
  readonly nodes: readonly ServiceNode[];
  readonly edges: readonly Edge[];
  readonly methods: readonly MethodRow[];
  readonly chart: ChartData;
}

/** Answer of `/api/traces/<trace id>`. */
export interface TraceDetail {
  readonly traceId: string;
  readonly spans: readonly Span[];
  /** Spans that were too many to keep. */
  readonly leftOut: number;
  readonly lines: readonly { readonly service: string; readonly text: string }[];
}

/** One row of the answer of `/api/mails`. */
export interface MailSummary {
  readonly id: string;
  readonly time: number;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
}

/** Answer of `/api/mails/<id>`; its HTML is shown from `/mails/<id>`. */
export interface MailDetail extends MailSummary {
  readonly text: string;
  readonly html: string;
}
