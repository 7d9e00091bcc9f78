import { createAccess, createRemoteKeys, createRevocations, createTokenVerifier, type KeySource, principalOf } from '@gatehouse/access';
import {
  cursorExpired,
  descriptorSet as userContract,
  emailTaken,
  externalIdTaken,
  RoleServiceDefinition,
  usernameTaken,
  UserServiceDefinition,
} from '@gatehouse/contracts/user';
import { descriptorSet as verifierContract, VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import { createIdempotency, idempotencyMigrations } from '@gatehouse/idempotency';
import {
  addReadinessMetrics,
  type App,
  createAdminServer,
  createBackgroundWork,
  createCertificateStore,
  createReadiness,
  createRevocationsObserver,
  logReadiness,
  withPortSetting,
} from '@gatehouse/lifecycle';
import { createObservability, type MetricsRegistry, toTraceOptions } from '@gatehouse/observability';
import { createFeed, createOutbox, outboxMigrations } from '@gatehouse/outbox';
import { createDatabase, createSchemaCheck, renewSamples } from '@gatehouse/postgres';
import { bindService, createChannel, createClient, createRpcServer, currentCall } from '@gatehouse/rpc';
import { createBulkMethods } from './bulk-methods';
import type { Config } from './config';
import { createEvents } from './events';
import { sweepImports } from './postgres/import-repository';
import { userMigrations } from './postgres/migrations';
import { purgeUsers } from './postgres/purge-users';
import { createRoleService } from './role-service';
import { createUserService } from './user-service';

export const migrationSets = [idempotencyMigrations, outboxMigrations, userMigrations];

export interface Overrides {
  keys?: KeySource;
  /** How long there is between two looks for people who are to be purged. Milliseconds. */
  purgeEveryMs?: number;
  /** How old what PostgreSQL has noted of columns may be. Milliseconds. */
  maxSampleAgeMs?: number;
}

export interface UserApp extends App {
  /** Every instrument of the process. */
  readonly registry: MetricsRegistry;
  readonly grpcPort: number;
  readonly adminPort: number;
}

/** Everything the process owns, made here and given back in `close`. */
export function createUserApp(config: Config, overrides: Overrides = {}): UserApp {
  const observability = createObservability({
    service: 'user',
    version: config.SERVICE_VERSION,
    logLevel: config.LOG_LEVEL,
    ...toTraceOptions(config),
    callerOf: principalOf,
  });
  const { logger } = observability;
  const certificateStore = createCertificateStore(observability);
  const certificates = certificateStore.open('MTLS', config);
  const databaseOptions = { url: config.USER_DATABASE_URL, certificates, isPooled: config.USER_DATABASE_POOLER === 'transaction' };
  const database = createDatabase({
    ...databaseOptions,
    readUrl: config.USER_DATABASE_READ_URL,
    applicationName: 'gatehouse-user',
    poolSize: config.USER_DATABASE_POOL_SIZE,
    observer: observability.postgres,
    // an id that somebody else has is met where their email changed meanwhile: to the caller it is another's
    constraints: {
      users_email_key: emailTaken,
      users_pkey: emailTaken,
      users_username_key: usernameTaken,
      user_external_ids_pkey: externalIdTaken,
    },
    signal: () => currentCall()?.signal,
  });

  const verifierChannel = createChannel({
    target: config.USER_VERIFIER_TARGET,
    descriptorSets: [verifierContract],
    observer: observability.rpc,
    certificates,
    serverName: config.MTLS_SERVER_NAMES.get(config.USER_VERIFIER_TARGET),
  });
  const remoteKeys = createRemoteKeys({
    getJwks: () => createClient(VerifierServiceDefinition, verifierChannel).getJwks({}),
    onError: (error) => logger.warn('keys could not be fetched', { exception: error }),
  });
  const keys = overrides.keys ?? remoteKeys;
  const revocations = createRevocations({
    watch: (cursor, signal) => createClient(VerifierServiceDefinition, verifierChannel).watchRevocations({ cursor }, { signal }),
    failMode: config.GATEHOUSE_REVOCATIONS_FAIL,
    graceMs: config.GATEHOUSE_REVOCATIONS_GRACE_SECONDS * 1_000,
    observer: createRevocationsObserver(observability),
    onKeyWithdrawn: remoteKeys.refresh,
  });
  const realm = { issuer: config.GATEHOUSE_ISSUER, audience: config.GATEHOUSE_AUDIENCE };
  // keys that are given come without a VerifierService
  const verifier = createTokenVerifier({ ...realm, keys, service: 'user', revocations: overrides.keys ? undefined : revocations });

  const peers = config.USER_MTLS_PEERS;
  const secret = config.USER_SECRET_KEY;
  const idempotency = createIdempotency({ secret });
  const outbox = createOutbox({ cursorExpired, retentionMs: config.USER_OUTBOX_RETENTION_DAYS * 86_400_000 });
  const observer = createEvents(observability).feed;
  const feed = createFeed({ database, outbox, onLag: observer.lag });
  const bulk = createBulkMethods(database, databaseOptions, secret);
  const retentionMs = config.USER_DELETED_RETENTION_DAYS * 86_400_000;
  const userService = createUserService({ database, idempotency, secret, retentionMs, bulk: bulk.methods, outbox, feed, observer });
  const roleService = createRoleService({ database, idempotency, secret });
  const server = createRpcServer({
    services: [bindService(UserServiceDefinition, userService, peers), bindService(RoleServiceDefinition, roleService, peers)],
    descriptorSets: [userContract],
    observer: observability.rpc,
    certificates,
    access: (methods) => createAccess({ verifier, methods }),
  });
  const readiness = createReadiness({
    checks: [
      { name: 'database', check: (signal) => database.ping(signal) },
      { name: 'migrations', check: createSchemaCheck(database.probe, migrationSets) },
      { name: 'keys', check: async () => requireKeys(keys) },
      ...(overrides.keys ? [] : [{ name: 'revocations', check: async () => revocations.requireReady() }]),
    ],
    ...logReadiness(logger, (ready) => server.setServing(ready)),
  });
  addReadinessMetrics(observability.registry, readiness);
  const admin = createAdminServer({ readiness, metrics: observability.metrics, logLevel: observability.logLevel });
  const background = createBackgroundWork({ isActive: () => readiness.isReady(), onError: (error) => logger.warn('sweep failed', { exception: error }) });
  const { maxSampleAgeMs = 24 * 3_600_000 } = overrides;
  const ports = { grpc: 0, admin: 0 };

  return {
    logger,
    registry: observability.registry,
    shutdown: { graceMs: config.SHUTDOWN_GRACE_MS, timeoutMs: config.SHUTDOWN_TIMEOUT_MS },
    get grpcPort() {
      return ports.grpc;
    },
    get adminPort() {
      return ports.admin;
    },
    async listen() {
      ports.admin = await withPortSetting('USER_ADMIN_PORT', () => admin.listen(config.USER_ADMIN_HOST, config.USER_ADMIN_PORT));
      ports.grpc = await withPortSetting('USER_GRPC_PORT', () => server.listen(config.USER_GRPC_HOST, config.USER_GRPC_PORT));
      remoteKeys.start();
      if (!overrides.keys) revocations.start();
      background.every(Math.min(600_000, maxSampleAgeMs), () => renewSamples(database, maxSampleAgeMs));
      background.every(600_000, (signal) => idempotency.sweep(database, signal));
      background.every(overrides.purgeEveryMs ?? 60_000, (signal) => purgeUsers(database, signal));
      background.every(600_000, (signal) => sweepImports(database, importRetentionMs, signal));
      background.every(600_000, (signal) => outbox.sweep(database, signal));
      await readiness.start();
    },
    drain: () => readiness.drain(),
    async close() {
      readiness.drain();
      await server.drain(config.SHUTDOWN_TIMEOUT_MS * 0.7);
      readiness.close();
      remoteKeys.close();
      await revocations.close();
      verifierChannel.close();
      await background.close();
      await bulk.close();
      await database.close();
      certificateStore.close();
      await admin.close();
      await observability.close(config.SHUTDOWN_TIMEOUT_MS * 0.2);
    },
  };
}

// how long an import that nobody goes on with can be gone on with
const importRetentionMs = 30 * 86_400_000;

function requireKeys(keys: KeySource): void {
  if (!keys.isReady()) throw new Error('no keys to verify tokens with: is VerifierService there?');
}
