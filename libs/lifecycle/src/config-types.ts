import { isIP } from 'node:net';
import { z } from 'zod';
import { findFileProblems } from './database-certificate-files';

const keyBytes = 32;
// node-postgres passes over what it does not know: a misspelt sslmode would be no sslmode
const urlParameters: ReadonlySet<string> = new Set([
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslnegotiation',
  'uselibpqcompat',
  'application_name',
  'client_encoding',
  'options',
  'host',
  'port',
  'user',
  'password',
]);
const sslModes: ReadonlySet<string> = new Set(['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify']);

/** A whole number in decimal digits, `min` and `max` included, of what `unit` names. */
export function integer(min: number, max: number, unit?: string) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, error)
    .transform(Number)
    .pipe(z.number().min(min, error).max(max, error))
    .meta({ form: `${unit ? `${unit}, ` : ''}${min} to ${max}` });
}

export const milliseconds = (min: number, max: number) => integer(min, max, 'milliseconds');
export const seconds = (min: number, max: number) => integer(min, max, 'seconds');
export const bytes = (min: number, max: number) => integer(min, max, 'bytes');

/** What is on or off. */
export const flag = (fallback: 'true' | 'false') =>
  z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .prefault(fallback)
    .transform((text) => text === 'true')
    .meta({ form: 'true or false' });

/** A TCP port; 0 takes a free one. */
export const port = integer(0, 65_535, 'port');

/** An address or a host name to listen on. */
export const host = z
  .string()
  .refine((value) => isIP(value) !== 0 || isHostName(value), 'must be an IP address or a host name, without a port')
  .meta({ form: 'address' });

/** A secret key of 32 bytes. */
export const secretKey = z
  .string()
  .refine((value) => isKey(Buffer.from(value, 'base64'), value), 'must be 32 bytes in base64: "openssl rand -base64 32" makes one')
  .transform((value) => Buffer.from(value, 'base64'))
  .meta({ secret: true, form: '32 bytes in base64' });

/** The URL of a PostgreSQL database. */
export const databaseUrl = z
  .string()
  .refine(isDatabaseUrl, 'must be postgresql://user:password@host:port/database; what stands for itself in a password, as % does, must be percent-encoded')
  .refine(
    (value) => !URL.canParse(value) || sslModes.has(new URL(value).searchParams.get('sslmode') ?? 'disable'),
    `must have one of these as its sslmode: ${[...sslModes].join(', ')}`,
  )
  .superRefine((value, context) => {
    if (URL.canParse(value)) for (const problem of findFileProblems(new URL(value).searchParams)) context.addIssue(problem);
  })
  .refine(
    (value) =>
      !URL.canParse(value) || [...new URL(value).searchParams.keys()].every((name, index, names) => urlParameters.has(name) && names.indexOf(name) === index),
    `may have these parameters, each once: ${[...urlParameters].join(', ')}`,
  )
  .meta({ secret: true, form: 'URL' });

/** What stands between the service and PostgreSQL. */
export const databasePooler = z
  .enum(['none', 'transaction'], { error: 'must be none or transaction' })
  .default('none')
  .describe(
    '`transaction` where the URL leads to a pooler in transaction mode, such as PgBouncer: nothing is kept in a session then, no prepared statements and no time limits',
  );

/** The URL that goes past the pooler. */
export const migrationUrl = databaseUrl.optional().describe('the same database without a pooler between, for the command `migrate`; required there behind one');

/** Where the gateway and `auth` count together. Spread into the schema of an app. */
export const rateLimitConfig = {
  RATE_LIMIT_REDIS_URL: z
    .string()
    .refine(isRedisUrl, 'must be redis://user:password@host:port/database, or rediss:// for TLS; the database is a number')
    .meta({ secret: true, form: 'URL' })
    .optional()
    .describe(
      'of the gateway and of `auth`: Valkey or Redis in which all replicas count requests and attempts together; without one, and while it cannot be reached, each gateway counts for itself, and `auth` in its database',
    ),
};

/** Where another service is. */
export const target = z
  .string()
  .refine(isTarget, 'must be host:port, or a gRPC target such as dns:///auth.internal:50052 or ipv4:10.0.0.1:50052,10.0.0.2:50052')
  .meta({ form: 'target' });

/** Whether gRPC can look for a service there (gRPC name resolution): a name or address with its port, or several addresses after `ipv4:` or `ipv6:`. */
export function isTarget(text: string): boolean {
  const [, family, addresses] = /^(ipv[46]:(?:\/\/\/)?)(.+)$/.exec(text) ?? [];
  return family && addresses ? addresses.split(',').every((address) => isOneTarget(family + address)) : isOneTarget(text);
}

function isOneTarget(text: string): boolean {
  const [, scheme = 'dns', bracketed, plain = '', number = ''] =
    /^(?:(dns|ipv4|ipv6):(?:\/\/\/)?)?(?:\[([0-9a-fA-F:.]+)\]|([^\s,=/:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const family = isIP(bracketed ?? plain);
  const isHost = bracketed === undefined ? (family === 4 && scheme !== 'ipv6') || (scheme === 'dns' && isHostName(plain)) : family === 6 && scheme !== 'ipv4';
  return isHost && Number(number) >= 1 && Number(number) <= 65_535;
}

const issuer = z
  .string()
  .max(512, 'must have at most 512 characters')
  .refine(isIssuer, 'must be an http or https URL without query, fragment and user')
  .meta({ form: 'URL' });

/** Settings of every process that makes or verifies tokens. Spread into the schema of an app. */
export const tokenConfig = {
  GATEHOUSE_ISSUER: issuer.default('http://127.0.0.1:8080').describe('`iss` of every token: the public URL of the installation, the same in all services'),
  GATEHOUSE_AUDIENCE: z
    .string()
    .regex(/^[!-~]{1,512}$/, 'must be a name or URL of 512 characters at most, in ASCII without spaces')
    .default('gatehouse')
    .describe('`aud` of access tokens, the same in all services'),
  GATEHOUSE_REVOCATIONS_FAIL: z
    .enum(['open', 'closed'], { error: 'must be open or closed' })
    .default('open')
    .describe(
      'what counts while nobody can say which tokens were revoked: with `open` what was known before, until the tokens expire; with `closed` no token of a person',
    ),
  GATEHOUSE_REVOCATIONS_GRACE_SECONDS: seconds(0, 3_600)
    .default(30)
    .describe('with `closed`, how long the feed of revocations may be lost until tokens of people are refused and the process is not ready'),
};

/** Settings of every process. Spread into the schema of an app. */
export const processConfig = {
  SHUTDOWN_GRACE_MS: milliseconds(0, 600_000)
    .default(0)
    .describe('how long the process goes on serving after SIGTERM, not ready any more, so that load balancers notice'),
  SHUTDOWN_TIMEOUT_MS: milliseconds(1, 600_000).default(10_000).describe('how long calls in flight have, after that, until the process ends'),
};

/** Neither query nor fragment (RFC 8414 §2), and nobody's password. */
function isIssuer(text: string): boolean {
  if (!/^https?:\/\/[^\s?#]+$/.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

/** Every part that is used can be decoded, and none is missing. */
function isDatabaseUrl(text: string): boolean {
  if (!/^postgres(ql)?:\/\/\S+$/.test(text) || !URL.canParse(text)) return false;
  const { hostname, port: number, pathname, username, password } = new URL(text);
  try {
    return (
      hostname !== '' &&
      number !== '0' &&
      decodeURIComponent(pathname.slice(1)) !== '' &&
      [username, password].every((part) => decodeURIComponent(part) !== undefined)
    );
  } catch {
    return false;
  }
}

/** A server is named, and what follows is nothing or the number of a database. */
function isRedisUrl(text: string): boolean {
  if (!/^rediss?:\/\/\S+$/.test(text) || !URL.canParse(text)) return false;
  const { hostname, port, pathname, hash } = new URL(text);
  return hostname !== '' && port !== '0' && /^(\/\d{0,9})?$/.test(pathname) && hash === '';
}

// a name that ends in digits alone would be an address (WHATWG URL §3.5): one with a mistake in it, as isIP was asked before
const isHostName = (value: string) =>
  !/(^|\.)\d+$/.test(value) && value.length <= 253 && value.split('.').every((label) => /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/.test(label));

// Buffer.from passes over what is not base64: only what comes back the same was all of it
const isKey = (key: Buffer, text: string) => key.length === keyBytes && key.toString('base64') === text;
