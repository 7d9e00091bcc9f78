import {
  bytes,
  contradiction,
  findUnknownSettings,
  flag,
  host,
  integer,
  isTarget,
  milliseconds,
  mtlsConfig,
  mtlsContradictions,
  port,
  portContradiction,
  processConfig,
  readConfig,
  refineAll,
  tokenConfig,
} from '@gatehouse/lifecycle';
import { telemetryConfig } from '@gatehouse/observability';
import { z } from 'zod';
import { edgeContradictions, edgeSettings } from './edge/edge-settings';
import { upstreams as defaultUpstreams } from './gen/neighbours';
import { servedPackages } from './served-packages';

const upstreams = z
  .string()
  .transform((text, context) => {
    // a target may be several addresses, with commas between
    const entries = text.split(/,(?=[^,]*=)/).map((entry) => /^([a-z][\w.]*)=([^=]+)$/.exec(entry.trim()));
    const map = new Map(entries.flatMap((match) => (match && isTarget(match[2]!) ? [[match[1]!, match[2]!] as const] : [])));
    const missing = servedPackages.filter((name) => !map.has(name));
    const unknown = [...map.keys()].filter((name) => !servedPackages.includes(name));
    if (map.size !== entries.length) context.addIssue('must be package=host:port, several with commas between, each package once');
    else if (unknown.length) context.addIssue(`${unknown.join(', ')} is in no contract that this gateway knows`);
    else if (missing.length) context.addIssue(`has no target for ${missing.join(', ')}`);
    return map;
  })
  .meta({ form: 'packages with targets' });

/** Names of headers as both HTTP and gRPC take them (RFC 9110 §5.6.2, gRPC over HTTP/2). */
const headerNames = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter(Boolean),
  )
  .refine(
    (names) => names.every((name) => /^[0-9a-z_.-]{1,128}$/.test(name) && !name.startsWith('grpc-')),
    'must be names of headers with commas between, of letters, digits, ".", "-" and "_"; those of gRPC itself are not passed on',
  )
  .meta({ form: 'names of headers' });

const settings = z.object({
  GATEWAY_HTTP_HOST: host.default('127.0.0.1').describe('address of the public HTTP port'),
  GATEWAY_HTTP_PORT: port.default(8_080).describe('public HTTP port; 0 takes a free one'),
  GATEWAY_ADMIN_HOST: host.default('127.0.0.1').describe('address of the port for `/livez`, `/readyz`, `/metrics` and `/loglevel`'),
  GATEWAY_ADMIN_PORT: port.default(9_080).describe('port for `/livez`, `/readyz`, `/metrics` and `/loglevel`; 0 takes a free one'),
  GATEWAY_UPSTREAMS: upstreams
    .prefault(defaultUpstreams)
    .describe('gRPC target of each proto package, `package=target` with commas between; a package that is missing stops the start'),
  GATEWAY_MAX_BODY_BYTES: bytes(1, 1_000_000)
    .default(65_536)
    .describe('largest request body, and largest message of a stream; the services take no more than 1 MiB'),
  GATEWAY_DEADLINE_MS: milliseconds(1, 600_000).default(15_000).describe('how long a call may take whose caller does not say'),
  GATEWAY_MAX_DEADLINE_MS: milliseconds(1, 3_600_000)
    .default(60_000)
    .describe('the most that a caller may ask for, by `Grpc-Timeout` or `X-Request-Timeout`, and that a stream may take which is not long-lived'),
  GATEWAY_MAX_IN_FLIGHT: integer(1, 1_000_000, 'requests').default(10_000).describe('requests at a time, streams included; the next is told 429'),
  GATEWAY_HEARTBEAT_MS: milliseconds(100, 600_000).default(15_000).describe('how long a stream of events may be silent until it says that it is alive'),
  GATEWAY_REQUEST_HEADERS: headerNames
    .prefault('')
    .describe('request headers that are passed on to the services, with commas between; `Authorization` always is, headers of one hop never are'),
  GATEWAY_RESPONSE_HEADERS: headerNames.prefault('').describe("metadata of the services' answers that become response headers, with commas between"),
  GATEWAY_TRUST_TRACEPARENT: flag('false').describe("whether a caller's `traceparent` is continued; else a trace starts at the edge and links to the caller's"),
  ...edgeSettings,
  ...mtlsConfig,
  ...tokenConfig,
  ...telemetryConfig,
  ...processConfig,
});

/** Every setting of the service. */
export const configSchema = refineAll(settings, [
  portContradiction('GATEWAY_ADMIN', 'GATEWAY_HTTP'),
  [
    (config) => config.GATEWAY_DEADLINE_MS <= config.GATEWAY_MAX_DEADLINE_MS,
    contradiction(['GATEWAY_DEADLINE_MS', 'GATEWAY_MAX_DEADLINE_MS'], 'must not be above GATEWAY_MAX_DEADLINE_MS'),
  ],
  ...edgeContradictions,
  ...mtlsContradictions<z.infer<typeof settings>>([], { GATEWAY_UPSTREAMS: (map) => [...map.values()] }),
]);
export type Config = z.infer<typeof configSchema>;

/** @throws ConfigError */
export const readServeConfig = (): Config => readConfig(configSchema, process.env);

/** What looks like a setting of the service and is none. */
export const findUnknown = () =>
  findUnknownSettings(configSchema, process.env, [
    'GATEWAY_',
    'GATEHOUSE_',
    'CORS_',
    'RATE_LIMIT_',
    'TRUSTED_PROXIES',
    'SHUTDOWN_',
    'MTLS_',
    'ALLOW_PLAINTEXT',
  ]);

/** What `healthcheck` needs. @throws ConfigError */
export const readAdminConfig = () => readConfig(settings.pick({ GATEWAY_ADMIN_HOST: true, GATEWAY_ADMIN_PORT: true }), process.env);
