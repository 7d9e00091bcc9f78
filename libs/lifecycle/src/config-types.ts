import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';

const keyBytes = 32;
const sslModes: ReadonlySet<string> = new Set(['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify']);

/** A whole number in decimal digits, `min` and `max` included. */
export function integer(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, error)
    .transform(Number)
    .pipe(z.number().min(min, error).max(max, error));
}

/** A TCP port; 0 takes a free one. */
export const port = integer(0, 65_535);

/** An address or a host name to listen on. */
export const host = z.string().refine((value) => isIP(value) !== 0 || isHostName(value), 'must be an IP address or a host name, without a port');

/** A secret key of 32 bytes. */
export const secretKey = z
  .string()
  .refine((value) => isKey(Buffer.from(value, 'base64'), value), 'must be 32 bytes in base64: "openssl rand -base64 32" makes one')
  .transform((value) => Buffer.from(value, 'base64'));

/** The URL of a PostgreSQL database. */
export const databaseUrl = z
  .string()
  .refine(isDatabaseUrl, 'must be postgresql://user:password@host:port/database; what stands for itself in a password, as % does, must be percent-encoded')
  .refine((value) => !URL.canParse(value) || sslModes.has(new URL(value).searchParams.get('sslmode') ?? 'disable'), `must have one of these as its sslmode: ${[...sslModes].join(', ')}`)
  .refine((value) => !URL.canParse(value) || ['sslrootcert', 'sslcert', 'sslkey'].every((name) => existsSync(new URL(value).searchParams.get(name) ?? '/')), 'names a certificate file that is not there');

/** Where another service is. */
export const target = z.string().refine(isTarget, 'must be host:port, or a gRPC target such as dns:///auth.internal:50052');

/** Whether gRPC can look for a service there (gRPC name resolution). */
export function isTarget(text: string): boolean {
  const [, host = '', number = ''] = /^(?:(?:dns|ipv4|ipv6):(?:\/\/\/)?)?([^\s,=/:]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(text) ?? [];
  return (isHostName(host) || isIP(host.replace(/^\[|\]$/g, '')) !== 0) && Number(number) >= 1 && Number(number) <= 65_535;
}

/** Settings of every process that makes or verifies tokens. Spread into the schema of an app. */
export const tokenConfig = {
  GATEHOUSE_ISSUER: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(512).default('http://127.0.0.1:8080').describe('`iss` of every token: the public URL of the installation, the same in all services'),
  GATEHOUSE_AUDIENCE: z.string().max(512).default('gatehouse').describe('`aud` of access tokens, the same in all services'),
};

/** Settings of every process. Spread into the schema of an app. */
export const processConfig = {
  SHUTDOWN_GRACE_MS: integer(0, 600_000).default(0).describe('how long the process goes on serving after SIGTERM, not ready any more, so that load balancers notice; milliseconds'),
  SHUTDOWN_TIMEOUT_MS: integer(1, 600_000).default(10_000).describe('how long calls in flight have, after that, until the process ends; milliseconds'),
};

/** Every part that is used can be decoded, and none is missing. */
function isDatabaseUrl(text: string): boolean {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { hostname, pathname, username, password } = new URL(text);
  try {
    return hostname !== '' && decodeURIComponent(pathname.slice(1)) !== '' && [username, password].every((part) => decodeURIComponent(part) !== undefined);
  } catch {
    return false;
  }
}

const isHostName = (value: string) => value.length <= 253 && value.split('.').every((label) => /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/.test(label));

// Buffer.from passes over what is not base64: only what comes back the same was all of it
const isKey = (key: Buffer, text: string) => key.length === keyBytes && key.toString('base64') === text;
