import { createAccess, createTokenVerifier, principalOf } from '@gatehouse/access';
import { AuthServiceDefinition, descriptorSet as authContract } from '@gatehouse/contracts/auth';
import { descriptorSet as verifierContract, VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { createIdempotency, idempotencyMigrations } from '@gatehouse/idempotency';
import { addReadinessMetrics, type App, createAdminServer, createReadiness, logReadiness, withPortSetting } from '@gatehouse/lifecycle';
import { createObservability, type MetricsRegistry, type ObservabilityOptions, toTraceOptions } from '@gatehouse/observability';
import { createSchemaCheck } from '@gatehouse/postgres';
import { bindService, createRpcServer } from '@gatehouse/rpc';
import { createAccessTokens } from './access-tokens';
import { createAuthService } from './auth-service';
import type { Config } from './config';
import { createLogin } from './login';
import { createParts } from './parts';
import { authMigrations } from './postgres/migrations';
import { deriveKey } from './seal';
import { createSessions } from './sessions';
import { createSightings } from './sightings';
import { createSignUp } from './sign-up';
import { createSweeper, type Sweeper } from './sweeper';
import { createVerifierService } from './verifier-service';

export const migrationSets = [idempotencyMigrations, authMigrations];

export interface AuthApp extends App {
  /** Every instrument of the process. */
  readonly registry: MetricsRegistry;
  readonly grpcPort: number;
  readonly adminPort: number;
  readonly sweeper: Sweeper;
}

export interface Overrides {
  /** Milliseconds after which a sign-up counts as abandoned. */
  abandonedAfterMs?: number;
  /** How long it takes at most until `user` hears when people were seen. Milliseconds. */
  tellSightingsEveryMs?: number;
  /** Where log lines go. */
  logStream?: ObservabilityOptions['logStream'];
}

/** What a process of this service tells of itself. */
export const createAuthObservability = (config: Config, logStream?: ObservabilityOptions['logStream']) =>
  createObservability({
    logStream,
    service: 'auth',
    version: config.SERVICE_VERSION,
    logLevel: config.LOG_LEVEL,
    ...toTraceOptions(config),
    callerOf: principalOf,
  });

/** Everything the process owns, made here and given back in `close`. */
export function createAuthApp(config: Config, overrides: Overrides = {}): AuthApp {
  const observability = createAuthObservability(config, overrides.logStream);
  const { logger } = observability;
  const parts = createParts(config, observability);
  const { database, signingKeys, people, passwords, follower } = parts;

  const realm = { issuer: config.GATEHOUSE_ISSUER, audience: config.GATEHOUSE_AUDIENCE };
  const accessTokens = createAccessTokens({ ...realm, lifetimeSeconds: config.AUTH_ACCESS_TOKEN_SECONDS, signingKey: signingKeys.signingKey });
  const lifetimes = { refreshToken: config.AUTH_REFRESH_TOKEN_SECONDS, session: config.AUTH_SESSION_SECONDS, replay: config.AUTH_REFRESH_REPLAY_SECONDS };
  const sightings = createSightings({
    people,
    everyMs: overrides.tellSightingsEveryMs,
    onError: (error) => logger.warn('last seen times are lost', { exception: error }),
  });
  const sessions = createSessions({ database, people, accessTokens, sightings, lifetimes });
  const idempotency = createIdempotency({ secret: deriveKey(config.AUTH_SECRET_KEY, 'gatehouse idempotency') });
  const login = createLogin({ database, people, passwords, sessions });
  const signUp = createSignUp({ database, people, passwords, sessions, idempotency, login, emailKey: deriveKey(config.AUTH_SECRET_KEY, 'gatehouse email') });

  const verifier = createTokenVerifier({ ...realm, keys: signingKeys, service: 'auth' });
  const server = createRpcServer({
    services: [
      bindService(AuthServiceDefinition, createAuthService({ signUp, login, sessions }), config.AUTH_MTLS_PEERS),
      bindService(VerifierServiceDefinition, createVerifierService(signingKeys), config.VERIFIER_MTLS_PEERS),
    ],
    descriptorSets: [authContract, verifierContract],
    observer: observability.rpc,
    certificates: parts.certificates,
    access: (methods) => createAccess({ verifier, methods }),
  });
  const sweeper = createSweeper({
    database,
    people,
    idempotency,
    replaySeconds: lifetimes.replay,
    abandonedAfterMs: overrides.abandonedAfterMs,
    isActive: () => readiness.isReady(),
    onError: (error) => logger.warn('sweep failed', { exception: error }),
  });
  // `user` is not among them: keys, and so every verifier, must not wait for it
  const readiness = createReadiness({
    checks: [
      { name: 'database', check: (signal) => database.ping(signal) },
      { name: 'migrations', check: createSchemaCheck(database.probe, migrationSets) },
      { name: 'signing-key', check: async () => void (await signingKeys.signingKey()) },
    ],
    ...logReadiness(logger, (ready) => server.setServing(ready)),
  });
  addReadinessMetrics(observability.registry, readiness);
  const admin = createAdminServer({ readiness, metrics: observability.metrics, logLevel: observability.logLevel });
  const ports = { grpc: 0, admin: 0 };

  return {
    logger,
    registry: observability.registry,
    sweeper,
    shutdown: { graceMs: config.SHUTDOWN_GRACE_MS, timeoutMs: config.SHUTDOWN_TIMEOUT_MS },
    get grpcPort() {
      return ports.grpc;
    },
    get adminPort() {
      return ports.admin;
    },
    async listen() {
      ports.admin = await withPortSetting('AUTH_ADMIN_PORT', () => admin.listen(config.AUTH_ADMIN_HOST, config.AUTH_ADMIN_PORT));
      ports.grpc = await withPortSetting('AUTH_GRPC_PORT', () => server.listen(config.AUTH_GRPC_HOST, config.AUTH_GRPC_PORT));
      sweeper.start();
      sightings.start();
      follower.start();
      await readiness.start();
    },
    drain: () => readiness.drain(),
    async close() {
      readiness.drain();
      await server.drain(config.SHUTDOWN_TIMEOUT_MS * 0.7);
      readiness.close();
      await sweeper.close();
      await sightings.close();
      await follower.close();
      await parts.close();
      await admin.close();
      await observability.close(config.SHUTDOWN_TIMEOUT_MS * 0.2);
    },
  };
}
