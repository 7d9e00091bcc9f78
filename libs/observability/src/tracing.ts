import { type Attributes, context, type Context, type Link, type Span, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { RandomIdGenerator, TracerProvider } from '@opentelemetry/sdk-trace';
import { ATTR_ERROR_TYPE, ATTR_SERVICE_NAME, ATTR_SERVICE_VERSION } from '@opentelemetry/semantic-conventions';
import type { Metrics } from './metrics';
import { createOtlpExporter, type OtlpOptions } from './otlp-exporter';
import { createSampler, type SamplerName } from './sampler';
import { settle } from './settle';
import { createSpanExport } from './span-export';

/** What is traced, and where it goes. */
export interface TraceOptions extends OtlpOptions {
  /** Default: `parentbased_traceidratio`. Without a collector nothing is recorded but what a caller records; trace ids are still made and handed on. */
  readonly sampler?: SamplerName;
  /** Share that a sampler by ratio records, 0 to 1. Default: 1. */
  readonly sampleRatio?: number;
  /** `service.name` of the traces; default: the service. */
  readonly serviceName?: string;
  /** What traces also tell of the process. */
  readonly resourceAttributes?: Readonly<Record<string, string>>;
}

export interface TracingOptions extends TraceOptions {
  service: string;
  version: string;
  metrics: Metrics;
}

/** Our own attribute, of the event `retry`: the conventions have none. */
const retryAttempt = 'gatehouse.retry.attempt';

/** Starts the spans of a process. */
export interface Spans {
  /** Starts one below the span of `parent`, or a trace of its own. It has attributes and links only where it is recorded. */
  start(name: string, kind: SpanKind, parent: Context, attributes: () => Attributes, links?: Link[]): Span;
  /** Whether there is a span and nothing below it will be recorded: then nobody misses the spans there. */
  isUnrecorded(parent: Context): boolean;
}

export interface Tracing {
  readonly spans: Spans;
  /** Sends what is left, for at most as many milliseconds. */
  close(flushMs: number): Promise<void>;
}

/** A tracer of its own; only the context manager is global, since a process has one async context. The first call sets it. */
export function createTracing({ service, version, metrics, ...options }: TracingOptions): Tracing {
  const { sampler = 'parentbased_traceidratio', sampleRatio = 1, serviceName = service, resourceAttributes = {}, otlpTimeoutMs = 10_000 } = options;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const exporter = createOtlpExporter({ ...options, otlpTimeoutMs });
  const provider = new TracerProvider({
    // named by us alone: the SDK's default would add the command line
    resource: resourceFromAttributes({ [ATTR_SERVICE_VERSION]: version, ...resourceAttributes, [ATTR_SERVICE_NAME]: serviceName }),
    sampler: exporter ? createSampler(sampler, sampleRatio) : createSampler('parentbased_always_off', 0),
    spanProcessors: exporter ? [createSpanExport(exporter, otlpTimeoutMs, metrics)] : [],
  });
  const tracer = provider.getTracer('gatehouse', version);
  const ids = new RandomIdGenerator();
  const isParentBased = !exporter || sampler.startsWith('parentbased');
  const isUnrecorded = (parent: Context) => {
    const span = isParentBased ? trace.getSpanContext(parent) : undefined;
    return span !== undefined && !(span.traceFlags & TraceFlags.SAMPLED);
  };
  return {
    spans: {
      start(name, kind, parent, attributes, links) {
        // as the SDK would decide, by a longer way
        if (isUnrecorded(parent)) return trace.wrapSpanContext({ ...trace.getSpanContext(parent)!, spanId: ids.generateSpanId(), isRemote: false });
        const span = tracer.startSpan(name, { kind, links }, parent);
        return span.isRecording() ? span.setAttributes(attributes()) : span;
      },
      isUnrecorded,
    },
    async close(flushMs) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => (timer = setTimeout(resolve, flushMs)));
      // a collector that hangs must not hold up the exit, one that refuses not fail it
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

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

/**
 * Runs `work` as a client's span of the call in progress, and plainly where there is none: what a process asks by itself, such
 * as whether it is ready, would be a trace twice a second.
 */
export function withClientSpan<T>(
  spans: Spans,
  name: string,
  attributes: () => Attributes,
  work: () => Promise<T>,
  describe: (span: Span, error: unknown) => void,
): Promise<T> {
  const parent = context.active();
  if (!trace.getSpan(parent) || spans.isUnrecorded(parent)) return work();
  const span = spans.start(name, SpanKind.CLIENT, parent, attributes);
  return withSpan(span, parent, work, (error) => describe(span, error));
}

/** Tells on a span that an attempt failed and another one follows; `attempt` is 1 for the first that failed. */
export const addRetry = (span: Span | undefined, attempt: number, code: Attributes): void => void span?.addEvent('retry', { [retryAttempt]: attempt, ...code });

/** Marks a span as failed. Only the type is told: messages may hold what a trace must not. */
export function markFailed(span: Span, type: string): void {
  span.setAttribute(ATTR_ERROR_TYPE, type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
