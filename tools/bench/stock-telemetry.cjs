// Loaded ahead of a service whose packages are outside of its bundle: OpenTelemetry's own instrumentations, with a tenth of
// the traces exported by OTLP, and metrics that wait for somebody to read them.
const { context, propagation, trace } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const { W3CTraceContextPropagator } = require('@opentelemetry/core');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
const { registerInstrumentations } = require('@opentelemetry/instrumentation');
const { GrpcInstrumentation } = require('@opentelemetry/instrumentation-grpc');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { PgInstrumentation } = require('@opentelemetry/instrumentation-pg');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { MeterProvider, MetricReader } = require('@opentelemetry/sdk-metrics');
const { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } = require('@opentelemetry/sdk-trace');

class PatientReader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

const { OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT } = process.env;
const resource = resourceFromAttributes({ 'service.name': OTEL_SERVICE_NAME });
const tracerProvider = new TracerProvider({
  resource,
  sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(0.1) }),
  spanProcessors: [
    new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces` }), scheduledDelayMillis: 1_000 }),
  ],
});
const meterProvider = new MeterProvider({ resource, readers: [new PatientReader()] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(tracerProvider);
registerInstrumentations({ tracerProvider, meterProvider, instrumentations: [new HttpInstrumentation(), new GrpcInstrumentation(), new PgInstrumentation()] });
