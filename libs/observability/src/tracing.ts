import { context, type Context, type Span, SpanStatusCode, type TextMapGetter, type TextMapSetter, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type ExportResult, ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { ATTR_ERROR_TYPE, ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import type { Counter } from 'prom-client';

export interface TracingOptions {
  service: string;
  version: string;
  /** Base URL of an OTLP/HTTP collector. Without one nothing is recorded; trace ids are still made and handed on. */
  otlpEndpoint?: string;
  /** Share of new traces that are recorded, 0 to 1. A trace that came in recorded stays so. */
  sampleRatio: number;
  /** Counts spans by `outcome`: ended, exported, failed. What is ended and neither exported nor failed was dropped or waits. */
  spans: Counter<'outcome'>;
}

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left, for at most two seconds. */
  close(): Promise<void>;
}

const exportTimeoutMs = 5_000;
const flushTimeoutMs = 2_000;

/** A tracer of its own for one process; only the context manager is global, since there is one async context. */
export function createTracing({ service, version, otlpEndpoint, sampleRatio, spans }: TracingOptions): Tracing {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  // named by us alone: the defaults would add the command line
  const resource = resourceFromAttributes({ [ATTR_SERVICE_NAME]: service, [ATTR_SERVICE_VERSION]: version });
  if (!otlpEndpoint) return { tracer: new TracerProvider({ resource, sampler: new AlwaysOffSampler() }).getTracer('gatehouse'), close: async () => {} };

  const exporter = countExports(new OTLPTraceExporter({ url: `${otlpEndpoint.replace(/\/+$/, '')}/v1/traces`, timeoutMillis: exportTimeoutMs }), spans);
  const processor = new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000, exportTimeoutMillis: exportTimeoutMs });
  const onEnd = processor.onEnd.bind(processor);
  processor.onEnd = (span) => {
    spans.inc({ outcome: 'ended' });
    onEnd(span);
  };
  const provider = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [processor],
  });
  return {
    tracer: provider.getTracer('gatehouse', version),
    async close() {
      // a collector that hangs must not hold up the exit
      await Promise.race([provider.shutdown().catch(() => {}), new Promise((resolve) => setTimeout(resolve, flushTimeoutMs).unref())]);
    },
  };
}

function countExports(exporter: OTLPTraceExporter, spans: Counter<'outcome'>): SpanExporter {
  return {
    export(batch: ReadableSpan[], done: (result: ExportResult) => void) {
      exporter.export(batch, (result) => {
        spans.inc({ outcome: result.code === ExportResultCode.SUCCESS ? 'exported' : 'failed' }, batch.length);
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}

const propagator = new W3CTraceContextPropagator();
const getter: TextMapGetter<ReadonlyMap<string, string>> = { keys: (map) => [...map.keys()], get: (map, key) => map.get(key) };
const setter: TextMapSetter<Map<string, string>> = { set: (map, key, value) => void map.set(key, value) };

/** The trace that metadata carries (W3C Trace Context), or none. */
export const readTraceContext = (metadata: ReadonlyMap<string, string>, parent: Context): Context => propagator.extract(parent, metadata, getter);

/** Writes the active trace into metadata. */
export const writeTraceContext = (metadata: Map<string, string>): void => propagator.inject(context.active(), metadata, setter);

/** Runs `work` with the span active, and ends the span with it. `describe` may add to the span what came of it. */
export async function withSpan<T>(span: Span, parent: Context, work: () => Promise<T>, describe: (error: unknown) => void): Promise<T> {
  try {
    const result = await context.with(trace.setSpan(parent, span), work);
    describe(undefined);
    return result;
  } catch (error) {
    describe(error);
    throw error;
  } finally {
    span.end();
  }
}

/** Marks a span as failed. Only the type is told: messages may hold what a trace must not. */
export function markFailed(span: Span, type: string): void {
  span.setAttribute(ATTR_ERROR_TYPE, type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
