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
import { callers } from './gen/neighbours';

const settings = z.object({
  USER_GRPC_HOST: host.default('127.0.0.1').describe('address of the gRPC port'),
  USER_GRPC_PORT: port.default(50_051).describe('gRPC port; 0 takes a free one'),
  USER_ADMIN_HOST: host.default('127.0.0.1').describe('address of the port for `/livez`, `/readyz`, `/metrics` and `/loglevel`'),
  USER_ADMIN_PORT: port.default(9_051).describe('port for `/livez`, `/readyz`, `/metrics` and `/loglevel`; 0 takes a free one'),
  USER_DATABASE_URL: databaseUrl.describe('PostgreSQL database of the service, `postgresql://user:password@host:port/database`'),
  USER_DATABASE_READ_URL: databaseUrl
    .optional()
    .describe('a standby of the same cluster, which may answer what only reads once it shows every acknowledged write'),
  USER_DATABASE_POOL_SIZE: integer(1, 1_000, 'connections').default(10).describe('connections to the database at most, and as many again to its replica'),
  USER_DATABASE_POOLER: databasePooler,
  USER_DATABASE_MIGRATION_URL: migrationUrl,
  USER_MIGRATE_WAIT_SECONDS: seconds(0, 86_400)
    .default(600)
    .describe('how long the command `migrate` waits for another one to end, and for the locks of each migration'),
  USER_SECRET_KEY: secretKey.describe('32 bytes in base64, the same in all replicas; keys the HMACs of idempotency records, and seals page tokens'),
  USER_DELETED_RETENTION_DAYS: integer(0, 3_650, 'days').default(30).describe('how long people who were deleted can be undeleted; then they are purged'),
  USER_OUTBOX_RETENTION_DAYS: integer(1, 365, 'days')
    .default(7)
    .describe('how long changes of people are kept for followers that are away; who is away for longer reads everybody anew'),
  USER_VERIFIER_TARGET: target.default('127.0.0.1:50052').describe('gRPC target of VerifierService, which gives the keys that tokens are verified with'),
  USER_MTLS_PEERS: peers
    .prefault(callers['gatehouse.user.v1'])
    .describe('who may call UserService over mutual TLS: DNS names or `spiffe://` URIs of certificates, with commas between'),
  ...mtlsConfig,
  ...tokenConfig,
  ...telemetryConfig,
  ...processConfig,
});

type Settings = z.infer<typeof settings>;

/** Every setting of the service. */
export const configSchema = refineAll(settings, [
  portContradiction('USER_ADMIN', 'USER_GRPC'),
  ...mtlsContradictions<Settings>(['USER_GRPC_HOST'], { USER_VERIFIER_TARGET: (target) => [target] }),
]);
export type Config = z.infer<typeof configSchema>;

/** @throws ConfigError */
export const readServeConfig = (): Config => readConfig(configSchema, process.env);

const migrateSchema = refineAll(
  settings.pick({
    USER_DATABASE_URL: true,
    USER_DATABASE_POOLER: true,
    USER_DATABASE_MIGRATION_URL: true,
    USER_MIGRATE_WAIT_SECONDS: true,
    ...databaseCertificates,
  }),
  [poolerContradiction('USER'), ...certificateContradictions],
);

/** What `migrate` needs. @throws ConfigError */
export function readMigrateConfig() {
  const {
    USER_DATABASE_URL: pooled,
    USER_DATABASE_MIGRATION_URL: url = pooled,
    USER_DATABASE_POOLER: _,
    USER_MIGRATE_WAIT_SECONDS: waitSeconds,
    ...certificates
  } = readConfig(migrateSchema, process.env);
  return { url, waitMs: waitSeconds * 1_000, certificates };
}

/** What looks like a setting of the service and is none. */
export const findUnknown = () => findUnknownSettings(configSchema, process.env, ['USER_', 'GATEHOUSE_', 'SHUTDOWN_', 'MTLS_', 'ALLOW_PLAINTEXT']);

/** What `healthcheck` needs. @throws ConfigError */
export const readAdminConfig = () => readConfig(settings.pick({ USER_ADMIN_HOST: true, USER_ADMIN_PORT: true }), process.env);
