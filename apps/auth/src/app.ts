import { createAccess, principalOf } from '@gatehouse/access';
import { descriptorSet as authContract } from '@gatehouse/contracts/auth';
import { descriptorSet as verifierContract } from '@gatehouse/contracts/verifier';
import { idempotencyMigrations } from '@gatehouse/idempotency';
import { addReadinessMetrics, type App, createAdminServer, createReadiness, logReadiness, withPortSetting } from '@gatehouse/lifecycle';
import { createObservability, type MetricsRegistry, type ObservabilityOptions, toTraceOptions } from '@gatehouse/observability';
import { outboxMigrations } from '@gatehouse/outbox';
import { createSchemaCheck } from '@gatehouse/postgres';
import { createRpcServer } from '@gatehouse/rpc';
import type { CodeMailer } from './codes/code-mailer';
import type { Config } from './config';
import type { MailQueue } from './mail/mail-queue';
import { canSendMail } from './mail/settings';
import { createParts } from './parts';
import { authMigrations } from './postgres/migrations';
import { createServices } from './services';
import { type Sweeper } from './sweeper';
import { type KeyRotation } from './tokens/key-rotation';

export const migrationSets = [idempotencyMigrations, outboxMigrations, authMigrations];

export interface AuthApp extends App {
  /** Every instrument of the process. */
  readonly registry: MetricsRegistry;
  readonly grpcPort: number;
  readonly adminPort: number;
  readonly sweeper: Sweeper;
  readonly codeMailer: CodeMailer;
  /** What mails are queued with. */
  readonly mailQueue: MailQueue;
  readonly keyRotation: KeyRotation;
}

export interface Overrides {
  /** Milliseconds after which a sign-up counts as abandoned. */
  abandonedAfterMs?: number;
  /** How old what PostgreSQL has noted of columns may be. Milliseconds. */
  maxSampleAgeMs?: number;
  /** How long it takes at most until `user` hears when people were seen. Milliseconds. */
  tellSightingsEveryMs?: number;
  /** Milliseconds after which a mail that could not be sent is tried again at most, the first time. */
  firstMailRetryMs?: number;
  /** The time by which attempts are counted, in place of the store's clock. Milliseconds since the epoch. */
  attemptsNow?: () => number;
  /** The clock of codes and proofs. Milliseconds since the epoch. */
  now?: () => number;
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
  const { database, signingKeys } = parts;
  const { verifier, revocations, services, ...identity } = createServices({ config, observability, parts, overrides, isActive: () => readiness.isReady() });
  const server = createRpcServer({
    services,
    descriptorSets: [authContract, verifierContract],
    observer: observability.rpc,
    certificates: parts.certificates,
    access: (methods) => createAccess({ verifier, methods, now: overrides.now }),
  });
  // `user` is not among them: keys, and so every verifier, must not wait for it
  const readiness = createReadiness({
    checks: [
      { name: 'database', check: (signal) => database.ping(signal) },
      { name: 'migrations', check: createSchemaCheck(database.probe, migrationSets) },
      { name: 'signing-key', check: async () => void (await signingKeys.signingKey()) },
      { name: 'revocations', check: async () => revocations.requireReady() },
    ],
    ...logReadiness(logger, (ready) => server.setServing(ready)),
  });
  addReadinessMetrics(observability.registry, readiness);
  const admin = createAdminServer({ readiness, metrics: observability.metrics, logLevel: observability.logLevel });
  const ports = { grpc: 0, admin: 0 };

  return {
    logger,
    registry: observability.registry,
    sweeper: identity.sweeper,
    codeMailer: identity.codeMailer,
    mailQueue: parts.mailQueue,
    keyRotation: identity.keyRotation,
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
      if (!canSendMail(config)) logger.warn('AUTH_SMTP_URL is not set: mails wait in the database until what they say has expired');
      identity.start();
      await readiness.start();
    },
    drain: () => readiness.drain(),
    async close() {
      readiness.drain();
      await server.drain(config.SHUTDOWN_TIMEOUT_MS * 0.7);
      readiness.close();
      await identity.close();
      await parts.close();
      await admin.close();
      await observability.close(config.SHUTDOWN_TIMEOUT_MS * 0.2);
    },
  };
}
