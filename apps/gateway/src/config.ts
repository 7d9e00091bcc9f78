import { host, integer, isTarget, port, processConfig, readConfig, tokenConfig } from '@gatehouse/lifecycle';
import { telemetryConfig } from '@gatehouse/observability';
import { z } from 'zod';
import { edgeSettings, refuseContradictions } from './edge/edge-settings';

const upstreams = z.string().transform((text, context) => {
  const entries = text.split(',').map((entry) => /^([a-z][\w.]*)=([^=]+)$/.exec(entry.trim()));
  const map = new Map(entries.flatMap((match) => (match && isTarget(match[2]!) ? [[match[1]!, match[2]!] as const] : [])));
  if (map.size === entries.length) return map;
  context.addIssue('must be package=host:port, several with commas between, each package once');
  return z.NEVER;
});

const headerNames = z.string().transform((text) =>
  text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean),
);

const defaultUpstreams = 'gatehouse.user.v1=127.0.0.1:50051,gatehouse.auth.v1=127.0.0.1:50052,gatehouse.verifier.v1=127.0.0.1:50052';

const settings = z.object({
  GATEWAY_HTTP_HOST: host.default('127.0.0.1').describe('address of the public HTTP port'),
  GATEWAY_HTTP_PORT: port.default(8_080).describe('public HTTP port; 0 takes a free one'),
  GATEWAY_ADMIN_HOST: host.default('127.0.0.1').describe('address of the port for `/livez`, `/readyz`, `/metrics` and `/loglevel`'),
  GATEWAY_ADMIN_PORT: port.default(9_080).describe('port for `/livez`, `/readyz`, `/metrics` and `/loglevel`; 0 takes a free one'),
  GATEWAY_UPSTREAMS: upstreams.prefault(defaultUpstreams).describe('gRPC target of each proto package, `package=target` with commas between; a package that is missing stops the start'),
  GATEWAY_MAX_BODY_BYTES: integer(1, 1_000_000).default(65_536).describe('largest request body, and largest message of a stream; the services take no more than 1 MiB'),
  GATEWAY_DEADLINE_MS: integer(1, 600_000).default(15_000).describe('milliseconds that a call may take whose caller does not say'),
  GATEWAY_MAX_DEADLINE_MS: integer(1, 3_600_000).default(60_000).describe('most milliseconds that a caller may ask for, by `Grpc-Timeout` or `X-Request-Timeout`, and that a stream may take which is not long-lived'),
  GATEWAY_MAX_IN_FLIGHT: integer(1, 1_000_000).default(10_000).describe('requests at a time, streams included; the next is told 429'),
  GATEWAY_HEARTBEAT_MS: integer(100, 600_000).default(15_000).describe('milliseconds that a stream of events may be silent until it says that it is alive'),
  GATEWAY_REQUEST_HEADERS: headerNames.prefault('').describe('request headers that are passed on to the services, with commas between; `Authorization` always is, headers of one hop never are'),
  GATEWAY_RESPONSE_HEADERS: headerNames.prefault('').describe("metadata of the services' answers that become response headers, with commas between"),
  GATEWAY_TRUST_TRACEPARENT: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .prefault('false')
    .transform((text) => text === 'true')
    .describe("whether a caller's `traceparent` is continued; else a trace starts at the edge and links to the caller's"),
  ...edgeSettings,
  ...tokenConfig,
  ...telemetryConfig,
  ...processConfig,
});

/** Every setting of the service. */
export const configSchema = settings.superRefine(refuseContradictions);
export type Config = z.infer<typeof configSchema>;

/** @throws ConfigError */
export const readServeConfig = (): Config => readConfig(configSchema, process.env);

/** What `healthcheck` needs. @throws ConfigError */
export const readAdminConfig = () => readConfig(settings.pick({ GATEWAY_ADMIN_HOST: true, GATEWAY_ADMIN_PORT: true }), process.env);
