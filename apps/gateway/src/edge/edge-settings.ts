import {
  bytes,
  type Contradiction,
  contradiction,
  file,
  flag,
  integer,
  isLoopback,
  milliseconds,
  rateLimitConfig,
  seconds,
  togetherContradictions,
} from '@gatehouse/lifecycle';
import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

const toList = (text: string) => text.split(',').map((entry) => entry.trim());

/** An origin as a browser sends it: scheme, host and port, no path. */
const isOrigin = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;

const origins = z
  .string()
  .transform(toList)
  .refine((entries) => entries.every(isOrigin) || entries.join() === '*', 'must be origins such as https://app.example, with commas between, or * alone')
  .meta({ form: 'origins' });

const networks = z
  .string()
  .transform((text, context) => {
    const list = new BlockList();
    for (const entry of toList(text)) {
      const [address = '', prefix, ...rest] = entry.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      const widest = family === 'ipv6' ? 128 : 32;
      const length = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
      if (isIP(address) && rest.length === 0 && length <= widest) list.addSubnet(address, length, family);
      else {
        context.addIssue('must be IP addresses or networks such as 10.0.0.0/8, with commas between');
        return z.NEVER;
      }
    }
    return list;
  })
  .meta({ form: 'addresses, networks' });

/** Settings of what stands between the internet and the routes. */
export const edgeSettings = {
  GATEWAY_MAX_URL_BYTES: bytes(256, 65_536)
    .default(12_288)
    .describe('longest URL; a longer one is 414. Two hundred ids, as many as `users:batchGet` takes, need 8,300'),
  GATEWAY_MAX_HEADER_BYTES: bytes(1_024, 65_536).default(16_384).describe('size of all headers of a request together; more is 431'),
  GATEWAY_MAX_HEADERS: integer(10, 500, 'headers').default(100).describe('headers of a request; more is 431'),
  GATEWAY_HEADERS_TIMEOUT_MS: milliseconds(100, 600_000)
    .default(10_000)
    .describe('how long the headers of a request, or a TLS handshake, may take to come; else 408'),
  GATEWAY_REQUEST_TIMEOUT_MS: milliseconds(100, 3_600_000).default(20_000).describe('how long a whole request may take to come; else 408'),
  GATEWAY_MAX_CONNECTIONS: integer(1, 1_000_000, 'connections').default(10_000).describe('connections at a time; the next is told 503, over TLS closed'),
  GATEWAY_MAX_REQUESTS_PER_SOCKET: integer(0, 1_000_000_000, 'requests')
    .default(0)
    .describe('requests of a connection, after which it is closed, so that load is spread anew; 0 sets no limit'),
  GATEWAY_HTTP2: flag('true').describe('whether HTTP/2 is spoken beside HTTP/1.1: on cleartext with clients that begin with it, over TLS by ALPN'),
  GATEWAY_TLS_CERT_FILE: file.optional().describe('PEM file with the certificate and its chain; with it the port speaks TLS alone. Read again when it changes'),
  GATEWAY_TLS_KEY_FILE: file.optional().describe('PEM file with the key of the certificate'),
  GATEWAY_ALLOW_PLAINTEXT_HTTP: flag('false').describe(
    'whether the public port may speak plain text, without `GATEWAY_TLS_CERT_FILE`, to other machines: behind a load balancer that ends TLS',
  ),
  GATEWAY_COMPRESSION: flag('true').describe(
    'whether JSON answers are compressed for clients that accept it, by brotli or gzip; never streams, answers with a strong ETag, nor those of the methods that `RATE_LIMIT_AUTH_POINTS` counts, which hold tokens (BREACH)',
  ),
  GATEWAY_COMPRESSION_MIN_BYTES: bytes(0, 1_000_000_000).default(1_024).describe('answers below this size are not compressed'),
  TRUSTED_PROXIES: networks
    .optional()
    .describe(
      "addresses and networks of the proxies before the gateway, with commas between; what they say of the client's address and scheme is believed, from nobody else",
    ),
  TRUSTED_PROXIES_HEADER: z
    .enum(['x-forwarded-for', 'forwarded'], { error: 'must be x-forwarded-for or forwarded' })
    .default('x-forwarded-for')
    .describe(
      'the header that the trusted proxies write: `x-forwarded-for`, with `x-forwarded-proto`, or `forwarded` (RFC 7239). The other is passed over: a proxy lets through what it does not write',
    ),
  CORS_ORIGINS: origins.optional().describe('origins whose pages may call, with commas between, or `*`'),
  CORS_CREDENTIALS: flag('false').describe('whether those pages may send cookies and client certificates; not with `*`'),
  CORS_MAX_AGE_SECONDS: seconds(0, 86_400).default(600).describe('how long a browser keeps what a preflight was told'),
  RATE_LIMIT_ENABLED: flag('true').describe('whether requests are counted and limited'),
  RATE_LIMIT_WINDOW_SECONDS: seconds(1, 86_400).default(60).describe('length of the window in which requests are counted'),
  RATE_LIMIT_CLIENT_POINTS: integer(1, 1_000_000_000, 'requests').default(600).describe('requests of one client address, of IPv6 a /64, in a window'),
  RATE_LIMIT_PRINCIPAL_POINTS: integer(1, 1_000_000_000, 'requests').default(1_200).describe('requests with tokens of one person or service in a window'),
  RATE_LIMIT_AUTH_POINTS: integer(1, 1_000_000_000, 'requests')
    .default(60)
    .describe(
      'requests of one client address in a window to methods that try or give passwords, codes and tokens: those of `/v1/auth/`, `/v1/invitations:accept`, `/oauth2/token` and `/oauth2/revoke`',
    ),
  ...rateLimitConfig,
};

type EdgeSettings = z.infer<z.ZodObject<typeof edgeSettings>> & { readonly GATEWAY_HTTP_HOST: string };

/** Questions about several settings, for `refineAll`. */
export const edgeContradictions: readonly Contradiction<EdgeSettings>[] = [
  [
    (config) => config.GATEWAY_TLS_CERT_FILE !== undefined || config.GATEWAY_ALLOW_PLAINTEXT_HTTP || isLoopback(config.GATEWAY_HTTP_HOST),
    contradiction(
      ['GATEWAY_HTTP_HOST', 'GATEWAY_TLS_CERT_FILE', 'GATEWAY_ALLOW_PLAINTEXT_HTTP'],
      'is not loopback, and what is served there would go in plain text: set GATEWAY_TLS_CERT_FILE, GATEWAY_TLS_KEY_FILE, or GATEWAY_ALLOW_PLAINTEXT_HTTP=true behind a load balancer that ends TLS',
    ),
  ],
  ...togetherContradictions('GATEWAY_TLS_CERT_FILE', 'GATEWAY_TLS_KEY_FILE'),
  [
    (config) => !config.CORS_CREDENTIALS || !config.CORS_ORIGINS?.includes('*'),
    contradiction(['CORS_CREDENTIALS', 'CORS_ORIGINS'], 'must be false where CORS_ORIGINS is *'),
  ],
];
