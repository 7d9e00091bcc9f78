import { type Attributes, context, type Context, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
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
export const retryAttempt = 'gatehouse.retry.attempt';

export interface Tracing {
  readonly tracer: Tracer;
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
export function withClientSpan<T>(tracer: Tracer, name: string, attributes: Attributes, work: () => Promise<T>, describe: (span: Span, error: unknown) => void): Promise<T> {
  const parent = context.active();
  if (!trace.getSpan(parent)) return work();
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
  return withSpan(span, parent, work, (error) => describe(span, error));
}

/** Tells on a span that an attempt failed and another one follows; `attempt` is 1 for the first that failed. */
export const addRetry = (span: Span | undefined, attempt: number, code: Attributes): void => void span?.addEvent('retry', { [retryAttempt]: attempt, ...code });

/** Marks a span as failed. Only the type is told: messages may hold what a trace must not. */
export function markFailed(span: Span, type: string): void {
  span.setAttribute(ATTR_ERROR_TYPE, type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
