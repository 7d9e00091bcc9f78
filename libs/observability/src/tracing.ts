import { context, type Context, type Span, SpanStatusCode, type TextMapGetter, type TextMapSetter, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOffSampler, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { ATTR_ERROR_TYPE, ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import type { Metrics } from './metrics';
import { settle } from './settle';
import { createSpanExport } from './span-export';

export interface TracingOptions {
  service: string;
  version: string;
  /** Base URL of an OTLP/HTTP collector. Without one nothing is recorded; trace ids are still made and handed on. */
  otlpEndpoint?: string;
  /** Share of new traces that are recorded, 0 to 1. For a trace that came in its caller has decided. */
  sampleRatio: number;
  metrics: Metrics;
}

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left, for at most as many milliseconds. */
  close(flushMs: number): Promise<void>;
}

/** A tracer of its own; only the context manager is global, since a process has one async context. The first call sets it. */
export function createTracing({ service, version, otlpEndpoint, sampleRatio, metrics }: TracingOptions): Tracing {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new TracerProvider({
    // named by us alone: the SDK's default would add the command line
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: service, [ATTR_SERVICE_VERSION]: version }),
    sampler: new ParentBasedSampler({ root: otlpEndpoint ? new TraceIdRatioBasedSampler(sampleRatio) : new AlwaysOffSampler() }),
    spanProcessors: otlpEndpoint ? [createSpanExport(otlpEndpoint, metrics)] : [],
  });
  return {
    tracer: provider.getTracer('gatehouse', version),
    async close(flushMs) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => (timer = setTimeout(resolve, flushMs)));
      // a collector that hangs must not hold up the exit, one that refuses not fail it
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

const propagator = new W3CTraceContextPropagator();
const getter: TextMapGetter<ReadonlyMap<string, string>> = { keys: (map) => [...map.keys()], get: (map, key) => map.get(key) };
const setter: TextMapSetter<Map<string, string>> = { set: (map, key, value) => void map.set(key, value) };

/** The trace that metadata carries (W3C Trace Context), or `parent` as it is. */
export const readTraceContext = (metadata: ReadonlyMap<string, string>, parent: Context): Context => propagator.extract(parent, metadata, getter);

/** Writes the active trace into metadata. */
export const writeTraceContext = (metadata: Map<string, string>): void => propagator.inject(context.active(), metadata, setter);

/** Runs `work` with the span active, and ends the span with it. `describe` may add to the span what came of it. */
export function withSpan<T>(span: Span, parent: Context, work: () => Promise<T>, describe: (error: unknown) => void): Promise<T> {
  return settle(
    () => context.with(trace.setSpan(parent, span), work),
    (error) => {
      describe(error);
      span.end();
    },
  );
}

/** Marks a span as failed. Only the type is told: messages may hold what a trace must not. */
export function markFailed(span: Span, type: string): void {
  span.setAttribute(ATTR_ERROR_TYPE, type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
