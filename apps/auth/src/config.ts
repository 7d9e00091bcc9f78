import {
  certificateContradictions,
  databaseCertificates,
  databasePooler,
  databaseUrl,
  findUnknownSettings,
  host,
  integer,
  migrationUrl,
  mtlsConfig,
  mtlsContradictions,
  peers,
  poolerContradiction,
  port,
  portContradiction,
  processConfig,
  readConfig,
  refineAll,
  seconds,
  secretKey,
  target,
  tokenConfig,
} from '@gatehouse/lifecycle';
import { telemetryConfig } from '@gatehouse/observability';
import { z } from 'zod';
import { attemptContradictions, attemptSettings } from './attempts/settings';
import { factorConfig } from './factors/settings';
import { callers } from './gen/neighbours';
import { codeContradictions, codeSettings } from './codes/settings';
import { mailContradictions, mailSettings } from './mail/settings';
import { sessionSettings } from './sessions/settings';
import { tokenSettings } from './tokens/settings';
import { passwordConfig } from './passwords/settings';

const maxSeconds = 2_000_000_000;

const settings = z.object({
  AUTH_GRPC_HOST: host.default('127.0.0.1').describe('address of the gRPC port'),
  AUTH_GRPC_PORT: port.default(50_052).describe('gRPC port; 0 takes a free one'),
  AUTH_ADMIN_HOST: host.default('127.0.0.1').describe('address of the port for `/livez`, `/readyz`, `/metrics` and `/loglevel`'),
  AUTH_ADMIN_PORT: port.default(9_052).describe('port for `/livez`, `/readyz`, `/metrics` and `/loglevel`; 0 takes a free one'),
  AUTH_DATABASE_URL: databaseUrl.describe('PostgreSQL database of the service, `postgresql://user:password@host:port/database`'),
  AUTH_DATABASE_POOL_SIZE: integer(1, 1_000, 'connections').default(10).describe('connections to the database at most'),
  AUTH_DATABASE_POOLER: databasePooler,
  AUTH_DATABASE_MIGRATION_URL: migrationUrl,
  AUTH_MIGRATE_WAIT_SECONDS: seconds(0, 86_400)
    .default(600)
    .describe('how long the command `migrate` waits for another one to end, and for the locks of each migration'),
  AUTH_SECRET_KEY: secretKey.describe(
    '32 bytes in base64, the same in all replicas; seals the signing keys, the secrets of authenticator apps, mails that wait and device tokens, and keys HMACs. Who loses it loses the signing keys and all authenticator apps ([how to change it](auth-tokens.md#the-secret))',
  ),
  AUTH_USER_TARGET: target.default('127.0.0.1:50051').describe('gRPC target of `user`'),
  AUTH_ACCESS_TOKEN_SECONDS: seconds(1, maxSeconds).default(900).describe('how long an access token is valid'),
  AUTH_REFRESH_TOKEN_SECONDS: seconds(1, maxSeconds).default(2_592_000).describe('how long a refresh token waits to be used'),
  AUTH_SESSION_SECONDS: seconds(1, maxSeconds).default(7_776_000).describe('how long a session lasts at most'),
  AUTH_REFRESH_REPLAY_SECONDS: seconds(0, 300)
    .default(10)
    .describe('how long a used refresh token gives its successor again, so that two tabs may refresh at once'),
  AUTH_BOOTSTRAP_EMAIL: z
    .email('must be an email address')
    .meta({ form: 'email address' })
    .optional()
    .describe('email of the administrator that the command `bootstrap` makes or restores'),
  AUTH_BOOTSTRAP_PASSWORD: z
    .string()
    .min(8, 'must have at least 8 characters')
    .max(256, 'must have at most 256 characters')
    .optional()
    .describe('password that the command `bootstrap` gives the administrator')
    .meta({ secret: true, form: '8 to 256 characters' }),
  ...tokenSettings,
  AUTH_MTLS_PEERS: peers
    .prefault(callers['gatehouse.auth.v1'])
    .describe('who may call AuthService over mutual TLS: DNS names or `spiffe://` URIs of certificates, with commas between'),
  VERIFIER_MTLS_PEERS: peers
    .prefault(callers['gatehouse.verifier.v1'])
    .describe('who may call VerifierService over mutual TLS, as `AUTH_MTLS_PEERS`: every service that verifies tokens'),
  ...mailSettings,
  ...sessionSettings,
  ...passwordConfig,
  ...attemptSettings,
  ...factorConfig,
  ...codeSettings,
  ...mtlsConfig,
  ...tokenConfig,
  ...telemetryConfig,
  ...processConfig,
});

type Settings = z.infer<typeof settings>;

const callsToUser = { AUTH_USER_TARGET: (target: string) => [target] };

const contradictions = [
  portContradiction('AUTH_ADMIN', 'AUTH_GRPC'),
  ...mailContradictions,
  ...mtlsContradictions<Settings>(['AUTH_GRPC_HOST'], callsToUser),
  ...attemptContradictions,
];

/** Every setting of the service. */
export const configSchema = refineAll(settings, [...contradictions, ...codeContradictions]);
export type Config = z.infer<typeof configSchema>;

const required = settings.required({ AUTH_BOOTSTRAP_EMAIL: true, AUTH_BOOTSTRAP_PASSWORD: true });
const bootstrapSchema = refineAll(required, mtlsContradictions<z.infer<typeof required>>([], callsToUser));

export type BootstrapConfig = z.infer<typeof bootstrapSchema>;

/** @throws ConfigError */
export const readServeConfig = (): Config => readConfig(configSchema, process.env);

const withoutMail = refineAll(settings, contradictions);

/** What `reconcile` and `rotate-keys` need: they send no mail, so that it may be set up or not. @throws ConfigError */
export const readOperatorConfig = (): Config => readConfig(withoutMail, process.env);

const migrateSchema = refineAll(
  settings.pick({
    AUTH_DATABASE_URL: true,
    AUTH_DATABASE_POOLER: true,
    AUTH_DATABASE_MIGRATION_URL: true,
    AUTH_MIGRATE_WAIT_SECONDS: true,
    ...databaseCertificates,
  }),
  [poolerContradiction('AUTH'), ...certificateContradictions],
);

/** What `migrate` needs. @throws ConfigError */
export function readMigrateConfig() {
  const {
    AUTH_DATABASE_URL: pooled,
    AUTH_DATABASE_MIGRATION_URL: url = pooled,
    AUTH_DATABASE_POOLER: _,
    AUTH_MIGRATE_WAIT_SECONDS: waitSeconds,
    ...certificates
  } = readConfig(migrateSchema, process.env);
  return { url, waitMs: waitSeconds * 1_000, certificates };
}

/** What `bootstrap` needs. @throws ConfigError */
export const readBootstrapConfig = () => readConfig(bootstrapSchema, process.env);

/** What looks like a setting of the service and is none. */
export const findUnknown = () => findUnknownSettings(configSchema, process.env, ['AUTH_', 'GATEHOUSE_', 'SHUTDOWN_', 'MTLS_', 'ALLOW_PLAINTEXT', 'VERIFIER_']);

/** What `healthcheck` needs. @throws ConfigError */
export const readAdminConfig = () => readConfig(settings.pick({ AUTH_ADMIN_HOST: true, AUTH_ADMIN_PORT: true }), process.env);

/** What `preview-mail` needs. @throws ConfigError */
export const readMailConfig = () => readConfig(settings.pick({ AUTH_MAIL_PRODUCT_NAME: true }), process.env);
