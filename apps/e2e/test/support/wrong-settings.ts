import { installed, type ServiceName } from './settings';

/** Settings that no service may take, and what it says of them; the first is named. */
export interface WrongSettings {
  readonly service: ServiceName;
  readonly settings: Readonly<Record<string, string>>;
  readonly told: string;
}

// 32 bytes; nothing that holds the word may be told
const secretWord = 'hunter2';
const keyOf = (bytes: number) => Buffer.alloc(bytes, secretWord);

const port = 'must be a whole number from 0 to 65535';
const host = 'must be an IP address or a host name, without a port';
const target = 'must be host:port, or a gRPC target';
const databaseUrl = 'must be postgresql://user:password@host:port/database';
const key = 'must be 32 bytes in base64';
const others = installed.flatMap(({ name, packages }) => (['user', 'auth'].includes(name) ? [] : packages.map((each) => `,${each}=other:1`))).join('');
const upstreams = (user: string, rest = ',gatehouse.verifier.v1=auth:1') => `gatehouse.user.v1=${user},gatehouse.auth.v1=auth:1${rest}${others}`;

/** By service and setting: what is told, and the values it is told of. */
const table: readonly (readonly [service: ServiceName, setting: string, told: string, ...values: readonly string[]])[] = [
  ['user', 'USER_GRPC_PORT', port, 'http', '65536', '-1', '1.5', ' 50051', '0x50'],
  ['user', 'USER_GRPC_HOST', host, '127.0.0.1:80', '256.0.0.1', '10.0.0', 'http://a', '[::1]', 'a..b'],
  [
    'user',
    'USER_DATABASE_URL',
    databaseUrl,
    `mysql://u:${secretWord}@db/a`,
    `postgresql://u:${secretWord}@db`,
    `postgresql:///a`,
    `postgresql://u:${secretWord}@db:70000/a`,
    `postgresql://u:${secretWord}@db:0/a`,
    `postgresql://u:${secretWord}%zz@db/a`,
    `postgresql://u:${secretWord}@db/a\n`,
  ],
  ['user', 'USER_DATABASE_URL', 'must have one of these as its sslmode', `postgresql://u:${secretWord}@db/a?sslmode=verify`],
  [
    'user',
    'USER_DATABASE_URL',
    'may have these parameters, each once',
    `postgresql://u:${secretWord}@db/a?sslmod=verify-full`,
    `postgresql://u:${secretWord}@db/a?sslmode=verify-full&sslmode=disable`,
  ],
  [
    'user',
    'USER_DATABASE_URL',
    'names a certificate file that is not there, or cannot be read',
    ...['/nowhere/ca.pem', '/tmp', '/dev/null'].map((file) => `postgresql://u:${secretWord}@db/a?sslmode=verify-full&sslrootcert=${file}`),
  ],
  ['user', 'USER_DATABASE_READ_URL', databaseUrl, `mysql://u:${secretWord}@db/a`, `postgresql://u:${secretWord}@db`],
  ['user', 'USER_DATABASE_POOL_SIZE', 'must be a whole number from 1 to 1000', '0', '-1', '1001', 'ten'],
  ['user', 'USER_MIGRATE_WAIT_SECONDS', 'must be a whole number from 0 to 86400', '-1', '10m', '86401'],
  [
    'user',
    'USER_SECRET_KEY',
    key,
    secretWord,
    keyOf(31).toString('base64'),
    keyOf(33).toString('base64'),
    keyOf(32).toString('hex'),
    `${keyOf(32).toString('base64')}\n`,
  ],
  ['user', 'USER_VERIFIER_TARGET', target, 'auth', 'http://auth:50052', 'auth:0', 'auth:70000', '256.1.1.1:50052', 'ipv4:auth:50052', 'auth:50052,auth:50053'],
  [
    'user',
    'GATEHOUSE_ISSUER',
    'must be an http or https URL',
    'ftp://id.example',
    'id.example',
    'https://id.example/?a=b',
    'https://id.example/#a',
    `https://user:${secretWord}@id.example`,
  ],
  ['user', 'GATEHOUSE_AUDIENCE', 'must be a name or URL of 512 characters at most', 'gate house', ' ', 'é', 'a'.repeat(513)],
  ['user', 'GATEHOUSE_REVOCATIONS_FAIL', 'must be open or closed', 'ajar', 'OPEN'],
  ['user', 'GATEHOUSE_REVOCATIONS_GRACE_SECONDS', 'must be a whole number from 0 to 3600', '-1', '3601', 'soon'],
  ['user', 'SHUTDOWN_GRACE_MS', 'must be a whole number from 0 to 600000', '-1', '600001', '1s', '0.5'],
  ['user', 'SHUTDOWN_TIMEOUT_MS', 'must be a whole number from 1 to 600000', '0', '-10', 'soon'],
  ['user', 'LOG_LEVEL', 'must be one of debug, info, warn, error', 'verbose', 'INFO'],
  ['user', 'OTEL_TRACES_SAMPLER_ARG', 'must be a number from 0 to 1', ' ', '0x1', '1.1', '-0.1', '1e-1', 'all'],
  ['user', 'OTEL_EXPORTER_OTLP_TIMEOUT', 'must be a whole number from 1 to 600000', '0', '-1', '1e3', '0x10', '10s', ' '],
  ['user', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'must be the URL of an OTLP collector', 'collector:4318', 'grpc://collector:4317'],
  ['user', 'OTEL_EXPORTER_OTLP_HEADERS', 'must be name=value', secretWord, `api key=${secretWord}`, `api-key=${secretWord}%zz`],
  ['user', 'OTEL_SDK_DISABLED', 'must be one of true, false', 'yes', '1'],
  ['auth', 'AUTH_GRPC_PORT', port, 'grpc', '70000'],
  ['auth', 'AUTH_ADMIN_HOST', host, 'localhost:9052'],
  ['auth', 'AUTH_DATABASE_URL', databaseUrl, `http://u:${secretWord}@db/a`],
  ['auth', 'AUTH_MIGRATE_WAIT_SECONDS', 'must be a whole number from 0 to 86400', '-1', '10m', '86401'],
  ['auth', 'AUTH_SECRET_KEY', key, secretWord, keyOf(16).toString('base64'), keyOf(31).toString('base64url')],
  ['auth', 'AUTH_USER_TARGET', target, 'user', 'https://user:50051'],
  ...['AUTH_ACCESS_TOKEN_SECONDS', 'AUTH_REFRESH_TOKEN_SECONDS', 'AUTH_SESSION_SECONDS'].map(
    (setting) => ['auth', setting, 'must be a whole number from 1 to 2000000000', '0', '-1', '15m', '2000000001'] as const,
  ),
  ['auth', 'AUTH_REFRESH_REPLAY_SECONDS', 'must be a whole number from 0 to 300', '-1', '301', '1.5'],
  ['auth', 'AUTH_SIGNUP_VERIFICATION', 'must be required, optional or off', 'on', 'OFF'],
  [
    'auth',
    'AUTH_LINK_BASE_URL',
    'must be an https URL without query, fragment and user; http is for 127.0.0.1, [::1] and localhost alone',
    'app.test',
    'http://app.test',
    'http://localhost.app.test',
    'https://app.test/?next=',
    'https://app.test/#here',
    `https://somebody:${secretWord}@app.test`,
  ],
  ...['AUTH_VERIFICATION_SECONDS', 'AUTH_RECOVERY_SECONDS', 'AUTH_EMAIL_CHANGE_SECONDS', 'AUTH_INVITATION_SECONDS'].map(
    (setting) => ['auth', setting, 'must be a whole number from 60 to 31536000', '59', '1h', '31536001'] as const,
  ),
  ['auth', 'AUTH_BOOTSTRAP_EMAIL', 'must be an email address', 'root', 'root@'],
  ['auth', 'AUTH_BOOTSTRAP_PASSWORD', 'must have at least 8 characters', secretWord],
  ['auth', 'AUTH_BOOTSTRAP_PASSWORD', 'must have at most 256 characters', secretWord.repeat(40)],
  ['user', 'USER_MTLS_PEERS', 'must be names that certificates have', '*.gatehouse', 'Gateway', 'gate way', 'https://gateway', 'spiffe://', ','],
  ['user', 'MTLS_SERVER_NAMES', 'must be target=name', 'auth=auth', 'auth:50052', 'auth:50052=*', 'auth:50052=a,auth:50052=b'],
  ['auth', 'VERIFIER_MTLS_PEERS', 'must be names that certificates have', '*'],
  ['gateway', 'GATEWAY_HTTP_PORT', port, 'http', '65536'],
  [
    'gateway',
    'GATEWAY_UPSTREAMS',
    'must be package=host:port',
    'user',
    upstreams('http://user:1'),
    upstreams('user:0'),
    upstreams('user:1', ',gatehouse.verifier.v1=auth:1,gatehouse.user.v1=other:1'),
  ],
  ['gateway', 'GATEWAY_UPSTREAMS', 'has no target for gatehouse.verifier.v1', upstreams('user:1', '')],
  [
    'gateway',
    'GATEWAY_UPSTREAMS',
    'gatehouse.usr.v1 is in no contract that this gateway knows',
    upstreams('user:1', ',gatehouse.verifier.v1=auth:1,gatehouse.usr.v1=user:1'),
  ],
  ['gateway', 'GATEWAY_MAX_BODY_BYTES', 'must be a whole number from 1 to 1000000', '0', '-1', '64k'],
  ['gateway', 'GATEWAY_DEADLINE_MS', 'must be a whole number from 1 to 600000', '0', '-1', '15s'],
  ['gateway', 'GATEWAY_HEARTBEAT_MS', 'must be a whole number from 100 to 600000', '0', '99'],
  ['gateway', 'GATEWAY_REQUEST_HEADERS', 'must be names of headers', 'x tenant', ':path', 'grpc-timeout', 'x-ü'],
  ['gateway', 'GATEWAY_HTTP2', 'must be true or false', 'yes', 'TRUE'],
  ['gateway', 'TRUSTED_PROXIES', 'must be IP addresses or networks', '10.0.0.0/33', 'proxy.internal', '10.0.0.1,', '10.0.0.0/-1'],
  ['gateway', 'CORS_ORIGINS', 'must be origins', 'app.example', 'https://app.example/', 'https://app.example/path', '*,https://app.example', 'null'],
  ['gateway', 'RATE_LIMIT_WINDOW_SECONDS', 'must be a whole number from 1 to 86400', '0', '-60'],
  [
    'gateway',
    'RATE_LIMIT_REDIS_URL',
    'must be redis://',
    `http://:${secretWord}@valkey`,
    'valkey:6379',
    'redis:6379',
    `redis://:${secretWord}@valkey/name`,
    `redis://:${secretWord}@valkey:0`,
    `redis://:${secretWord}@valkey:70000`,
  ],
];

const served = 'is not loopback, and what is served there would go in plain text: set';
const called = 'is not loopback, and calls to it would go in plain text: set MTLS_CERT_FILE, MTLS_KEY_FILE, MTLS_CA_FILE, or ALLOW_PLAINTEXT_GRPC=true';

const contradictions: readonly WrongSettings[] = [
  { service: 'user', settings: { USER_ADMIN_PORT: '7000', USER_GRPC_PORT: '7000' }, told: 'must not be USER_GRPC_PORT at the same address' },
  {
    service: 'user',
    settings: { USER_ADMIN_PORT: '50051', USER_ADMIN_HOST: '0.0.0.0', USER_GRPC_HOST: '127.0.0.1', USER_GRPC_PORT: '50051' },
    told: 'must not be USER_GRPC_PORT at the same address',
  },
  { service: 'auth', settings: { AUTH_ADMIN_PORT: '7000', AUTH_GRPC_PORT: '7000' }, told: 'must not be AUTH_GRPC_PORT at the same address' },
  { service: 'gateway', settings: { GATEWAY_ADMIN_PORT: '7000', GATEWAY_HTTP_PORT: '7000' }, told: 'must not be GATEWAY_HTTP_PORT at the same address' },
  ...['0.0.0.0', '::', '10.0.0.1', 'user.internal'].map((address) => ({ service: 'user' as const, settings: { USER_GRPC_HOST: address }, told: served })),
  ...[
    'auth.internal:50052',
    'dns:///auth.internal:50052',
    'ipv4:10.0.0.1:50052',
    'ipv4:127.0.0.1:50052,10.0.0.1:50052',
    '[::2]:50052',
    'localhost.internal:50052',
  ].map((target) => ({ service: 'user' as const, settings: { USER_VERIFIER_TARGET: target }, told: called })),
  { service: 'auth', settings: { AUTH_GRPC_HOST: '0.0.0.0' }, told: served },
  { service: 'auth', settings: { AUTH_USER_TARGET: 'user:50051' }, told: called },
  { service: 'auth', settings: { AUTH_SIGNUP_VERIFICATION: 'required' }, told: 'must be optional or off where AUTH_SMTP_URL is not set' },
  {
    service: 'gateway',
    settings: { GATEWAY_HTTP_HOST: '0.0.0.0' },
    told: `${served} GATEWAY_TLS_CERT_FILE, GATEWAY_TLS_KEY_FILE, or GATEWAY_ALLOW_PLAINTEXT_HTTP=true`,
  },
  { service: 'gateway', settings: { GATEWAY_UPSTREAMS: upstreams('127.0.0.1:1') }, told: called },
  {
    service: 'user',
    settings: { MTLS_SERVER_NAMES: 'auth:50052=spiffe://test/auth', USER_VERIFIER_TARGET: '127.0.0.1:50052' },
    told: 'names a target that USER_VERIFIER_TARGET has not',
  },
  { service: 'gateway', settings: { GATEWAY_DEADLINE_MS: '2000', GATEWAY_MAX_DEADLINE_MS: '1000' }, told: 'must not be above GATEWAY_MAX_DEADLINE_MS' },
  { service: 'gateway', settings: { CORS_CREDENTIALS: 'true', CORS_ORIGINS: '*' }, told: 'must be false where CORS_ORIGINS is *' },
];

// the setting that is missing is named, the one that is given is not
const halves: readonly (WrongSettings & { readonly named: string })[] = [
  {
    service: 'gateway',
    named: 'GATEWAY_TLS_KEY_FILE',
    settings: { GATEWAY_TLS_CERT_FILE: '/certificate.pem', GATEWAY_HTTP_HOST: '127.0.0.1' },
    told: 'must be set together with GATEWAY_TLS_CERT_FILE',
  },
  {
    service: 'gateway',
    named: 'GATEWAY_TLS_CERT_FILE',
    settings: { GATEWAY_TLS_KEY_FILE: '/key.pem' },
    told: 'must be set together with GATEWAY_TLS_KEY_FILE',
  },
  {
    service: 'user',
    named: 'MTLS_SERVER_NAMES',
    settings: {
      MTLS_CERT_FILE: '/certificate.pem',
      MTLS_KEY_FILE: '/key.pem',
      MTLS_CA_FILE: '/ca.pem',
      USER_VERIFIER_TARGET: 'ipv4:10.0.0.1:50052,10.0.0.2:50052',
    },
    told: 'must say which name the certificates behind the addresses of USER_VERIFIER_TARGET have',
  },
  ...['MTLS_CERT_FILE', 'MTLS_KEY_FILE', 'MTLS_CA_FILE'].map((named, _, all) => {
    const others = all.filter((other) => other !== named);
    // beside it nothing is in plain text
    const settings = {
      ...Object.fromEntries(others.map((other) => [other, '/certificate.pem'])),
      AUTH_GRPC_HOST: '127.0.0.1',
      AUTH_USER_TARGET: '127.0.0.1:50051',
    };
    return { service: 'auth' as const, named, settings, told: `must be set together with ${others.join(' and ')}` };
  }),
];

/** What must be told: the setting that is named first, then why. */
export interface WrongCase extends WrongSettings {
  readonly named: string;
}

export const wrongCases: readonly WrongCase[] = [
  ...table.flatMap(([service, setting, told, ...values]) => values.map((value) => ({ service, settings: { [setting]: value }, told, named: setting }))),
  ...contradictions.map((wrong) => ({ ...wrong, named: Object.keys(wrong.settings)[0]! })),
  ...halves,
];

/** Puts cases together that do not touch the same settings, so that one start of a process proves many. */
export function toRounds(cases: readonly WrongCase[]): readonly (readonly WrongCase[])[] {
  const rounds: WrongCase[][] = [];
  const touched = (wrong: WrongCase) => [...Object.keys(wrong.settings), wrong.named];
  for (const wrong of cases) {
    const round = rounds.find(
      (others) => others[0]!.service === wrong.service && !others.some((other) => touched(other).some((name) => touched(wrong).includes(name))),
    );
    if (round) round.push(wrong);
    else rounds.push([wrong]);
  }
  return rounds;
}
