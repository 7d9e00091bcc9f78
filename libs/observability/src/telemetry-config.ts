import { z } from 'zod';
import { logLevels } from './logger';

const ratio = 'must be a number from 0 to 1';

/** Settings of what a process tells of itself. Spread into the schema of an app. */
export const telemetryConfig = {
  LOG_LEVEL: z.enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` }).default('info').describe('the least severe lines that are logged: debug, info, warn or error'),
  SERVICE_VERSION: z.string().max(128).default('dev').describe('version that traces and metrics tell; images set it'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be the base URL of an OTLP/HTTP collector, such as http://collector:4318' })
    .optional()
    .describe('base URL of an OTLP/HTTP collector; traces go to `/v1/traces` below it'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number({ error: ratio }).min(0, ratio).max(1, ratio).default(1).describe('share of new traces that are recorded, 0 to 1; the sampler is parent-based'),
};
