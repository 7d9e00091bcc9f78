import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { createEmptyMetadata } from '@opentelemetry/otlp-grpc-exporter-base';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { withExportRetries } from './export-retries';

export const protocols = ['grpc', 'http/protobuf', 'http/json'] as const;
export const compressions = ['none', 'gzip'] as const;

/** How a collector is reached. */
export interface OtlpOptions {
  /** Base URL of an OTLP collector, as OTEL_EXPORTER_OTLP_ENDPOINT is defined; nothing is exported without this or the next. */
  readonly otlpEndpoint?: string;
  /** URL for traces, as it is. */
  readonly otlpTracesEndpoint?: string;
  readonly otlpProtocol?: (typeof protocols)[number];
  readonly otlpHeaders?: Readonly<Record<string, string>>;
  /** For a batch, attempts together. Milliseconds. */
  readonly otlpTimeoutMs?: number;
  readonly otlpCompression?: (typeof compressions)[number];
}

/** One of OpenTelemetry's exporters; undefined when there is nowhere to send to. */
export function createOtlpExporter({
  otlpEndpoint,
  otlpTracesEndpoint,
  otlpProtocol = 'http/protobuf',
  otlpHeaders = {},
  otlpTimeoutMs = 10_000,
  otlpCompression = 'none',
}: OtlpOptions): SpanExporter | undefined {
  const base = otlpTracesEndpoint ?? otlpEndpoint;
  if (base === undefined) return undefined;
  const options = { timeoutMillis: otlpTimeoutMs, compression: otlpCompression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE };
  if (otlpProtocol === 'grpc') {
    const metadata = createEmptyMetadata();
    for (const [name, value] of Object.entries(otlpHeaders)) metadata.set(name, value);
    return withExportRetries(new GrpcExporter({ ...options, url: base, metadata }), otlpTimeoutMs);
  }
  const Exporter = otlpProtocol === 'http/json' ? JsonExporter : ProtobufExporter;
  return new Exporter({ ...options, url: otlpTracesEndpoint ?? `${base.replace(/\/+$/, '')}/v1/traces`, headers: { ...otlpHeaders } });
}
