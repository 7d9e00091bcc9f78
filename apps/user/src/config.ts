import { databaseUrl, host, integer, port, processConfig, readConfig, secretKey, target, tokenConfig } from '@gatehouse/lifecycle';
import { telemetryConfig } from '@gatehouse/observability';
import { z } from 'zod';

/** Every setting of the service. */
export const configSchema = z.object({
  USER_GRPC_HOST: host.default('127.0.0.1').describe('address of the gRPC port'),
  USER_GRPC_PORT: port.default(50_051).describe('gRPC port; 0 takes a free one'),
  USER_ADMIN_HOST: host.default('127.0.0.1').describe('address of the port for `/livez`, `/readyz`, `/metrics` and `/loglevel`'),
  USER_ADMIN_PORT: port.default(9_051).describe('port for `/livez`, `/readyz`, `/metrics` and `/loglevel`; 0 takes a free one'),
  USER_DATABASE_URL: databaseUrl.describe('PostgreSQL database of the service, `postgresql://user:password@host:port/database`'),
  USER_DATABASE_POOL_SIZE: integer(1, 1_000).default(10).describe('connections to the database at most'),
  USER_SECRET_KEY: secretKey.describe('32 bytes in base64, the same in all replicas; keys the HMACs of idempotency records'),
  USER_VERIFIER_TARGET: target.default('127.0.0.1:50052').describe('gRPC target of VerifierService, which gives the keys that tokens are verified with'),
  ...tokenConfig,
  ...telemetryConfig,
  ...processConfig,
});
export type Config = z.infer<typeof configSchema>;

/** @throws ConfigError */
export const readServeConfig = (): Config => readConfig(configSchema, process.env);

/** What `migrate` needs. @throws ConfigError */
export const readMigrateConfig = () => readConfig(configSchema.pick({ USER_DATABASE_URL: true }), process.env);

/** What `healthcheck` needs. @throws ConfigError */
export const readAdminConfig = () => readConfig(configSchema.pick({ USER_ADMIN_HOST: true, USER_ADMIN_PORT: true }), process.env);
