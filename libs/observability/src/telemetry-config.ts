import { z } from 'zod';
import { logLevels } from './logger';
import { samplerNames } from './sampler';
import { compressions, protocols } from './otlp-exporter';
import type { TraceOptions } from './tracing';

const ratio = 'must be a number from 0 to 1, in decimal digits';
const maxTimeoutMs = 600_000;
const timeout = `must be a whole number from 1 to ${maxTimeoutMs}`;

/** Names and values as OpenTelemetry writes lists of them (W3C Baggage, without properties): values are percent-encoded. */
const pairs = z.string().transform((text, context) => {
  const entries = text.split(',').map((entry) => /^\s*([\w!#$%&'*+.^`|~/-]+)\s*=\s*([!#-+\--:<-[\]-~]*)\s*$/.exec(entry));
  try {
    const decoded = entries.map((match) => [match![1]!, decodeURIComponent(match![2]!)] as const);
    return Object.fromEntries(decoded);
  } catch {
    context.addIssue('must be name=value, several with commas between, values percent-encoded');
    return z.NEVER;
  }
});

const collectorUrl = z.url({ protocol: /^https?$/, error: 'must be the URL of an OTLP collector, such as http://collector:4318' }).meta({ form: 'URL' });

/** A number in decimal digits: what JavaScript makes of spaces, 0x10 and 1e3 is not meant by who writes them. */
const decimal = (form: RegExp, error: string, min: number, max: number) =>
  z.string().regex(form, error).transform(Number).pipe(z.number().min(min, error).max(max, error));

const oneOf = <const V extends readonly string[]>(values: V) => z.enum(values, { error: `must be one of ${values.join(', ')}` });

/** Settings of what a process tells of itself, those of traces by the names and meanings of OpenTelemetry. Spread into the schema of an app. */
export const telemetryConfig = {
  LOG_LEVEL: oneOf(logLevels).default('info').describe('the least severe lines that are logged: debug, info, warn or error'),
  SERVICE_VERSION: z.string().max(128, 'must have at most 128 characters').default('dev').describe('version that traces and metrics tell; images set it'),
  OTEL_SDK_DISABLED: oneOf(['true', 'false'])
    .prefault('false')
    .transform((text) => text === 'true')
    .meta({ form: 'true or false' })
    .describe('whether nothing is traced, whatever the other settings say; trace ids are still made and handed on'),
  OTEL_SERVICE_NAME: z
    .string()
    .max(128, 'must have at most 128 characters')
    .optional()
    .describe('`service.name` of the traces; by default the name of the service'),
  OTEL_RESOURCE_ATTRIBUTES: pairs
    .optional()
    .describe('what traces also tell of the process, `name=value` with commas between, such as `deployment.environment.name=staging`'),
  OTEL_TRACES_SAMPLER: oneOf(samplerNames)
    .default('parentbased_traceidratio')
    .describe(
      'which traces are recorded: `always_on`, `always_off` or `traceidratio`; with `parentbased_` before it, that is asked for new traces alone, and others follow their caller',
    ),
  OTEL_TRACES_SAMPLER_ARG: decimal(/^\d+(\.\d+)?$/, ratio, 0, 1)
    .meta({ form: '0 to 1' })
    .default(1)
    .describe('share that `traceidratio` records, 0 to 1'),
  OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl
    .optional()
    .describe('base URL of an OTLP collector; traces go to `/v1/traces` below it, or by gRPC to its host and port'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collectorUrl.optional().describe('URL that traces go to, as it is, in place of the one above'),
  OTEL_EXPORTER_OTLP_PROTOCOL: oneOf(protocols).default('http/protobuf').describe('how the collector is spoken to: `http/protobuf`, `http/json` or `grpc`'),
  OTEL_EXPORTER_OTLP_HEADERS: pairs
    .optional()
    .describe('headers that the collector gets with each batch, such as an API key: `name=value` with commas between')
    .meta({ secret: true }),
  OTEL_EXPORTER_OTLP_TIMEOUT: decimal(/^\d{1,15}$/, timeout, 1, maxTimeoutMs)
    .meta({ form: `milliseconds, 1 to ${maxTimeoutMs}` })
    .default(10_000)
    .describe('how long a batch may take, attempts together'),
  OTEL_EXPORTER_OTLP_COMPRESSION: oneOf(compressions).default('none').describe('how batches are compressed: `none` or `gzip`'),
};

type TelemetryConfig = z.infer<z.ZodObject<typeof telemetryConfig>>;

/** What the settings say of traces. */
export function toTraceOptions(config: TelemetryConfig): TraceOptions {
  const exported: TraceOptions = {
    otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    otlpTracesEndpoint: config.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
    otlpProtocol: config.OTEL_EXPORTER_OTLP_PROTOCOL,
    otlpHeaders: config.OTEL_EXPORTER_OTLP_HEADERS,
    otlpTimeoutMs: config.OTEL_EXPORTER_OTLP_TIMEOUT,
    otlpCompression: config.OTEL_EXPORTER_OTLP_COMPRESSION,
    sampler: config.OTEL_TRACES_SAMPLER,
    sampleRatio: config.OTEL_TRACES_SAMPLER_ARG,
    serviceName: config.OTEL_SERVICE_NAME,
    resourceAttributes: config.OTEL_RESOURCE_ATTRIBUTES,
  };
  return config.OTEL_SDK_DISABLED ? {} : exported;
}
