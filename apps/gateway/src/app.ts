import {
  createRemoteKeys,
  createRevocations,
  createTokenVerifier,
  isPublic,
  type KeySource,
  readAccessRules,
  toBearerToken,
  toClientMetadata,
} from '@gatehouse/access';
import { VerifierServiceDefinition } from '@gatehouse/contracts/verifier';
import {
  addReadinessMetrics,
  type App,
  createAdminServer,
  createCertificateStore,
  createReadiness,
  createRevocationsObserver,
  logReadiness,
  withPortSetting,
} from '@gatehouse/lifecycle';
import { createObservability, type MetricsRegistry, toTraceOptions } from '@gatehouse/observability';
import { createChannel, createClient, createRegistryOf, type RpcChannel, type RpcMethod } from '@gatehouse/rpc';
import { createTranscoder } from '@gatehouse/transcoding';
import type { Config } from './config';
import { createCredentialPaths } from './credential-paths';
import { createContractDescription } from './describe-method';
import { createDocuments } from './documents';
import { createClientReader } from './edge/client-origin';
import { addEdge } from './edge/edge';
import { toEdgeOptions, toListenerOptions } from './edge-options';
import { errorPages } from './error-pages';
import { createEvents } from './events';
import { descriptorSet } from './gen/descriptor-set';
import { createHttpServer } from './http-server';

const verifierPackage = 'gatehouse.verifier.v1';
const healthPath = '/healthz';
// how long no client asks anything before connections without a request are closed: the answer to one more says that it was the last. Milliseconds.
const quietMs = 1_500;
// what the last answers take to leave. Milliseconds.
const flushMs = 100;

export interface GatewayApp extends App {
  /** Every instrument of the process. */
  readonly registry: MetricsRegistry;
  readonly httpPort: number;
  readonly adminPort: number;
}

/** Everything the process owns, made here and given back in `close`. */
export function createGatewayApp(config: Config, overrides: { keys?: KeySource } = {}): GatewayApp {
  const observability = createObservability({
    service: 'gateway',
    version: config.SERVICE_VERSION,
    logLevel: config.LOG_LEVEL,
    ...toTraceOptions(config),
    trustTraceparent: config.GATEWAY_TRUST_TRACEPARENT,
  });
  const { logger } = observability;
  const certificateStore = createCertificateStore(observability);
  const certificates = certificateStore.open('MTLS', config);
  const channels = new Map<string, RpcChannel>();
  const upstreams = new Map<string, RpcChannel>();
  for (const [name, target] of config.GATEWAY_UPSTREAMS) {
    const channel =
      channels.get(target) ??
      createChannel({ target, descriptorSets: [descriptorSet], observer: observability.rpc, certificates, serverName: config.MTLS_SERVER_NAMES.get(target) });
    channels.set(target, channel);
    upstreams.set(name, channel);
  }
  const verifierChannel = upstreams.get(verifierPackage)!;
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
  const verifier = createTokenVerifier({ ...realm, keys, service: 'gateway', revocations: overrides.keys ? undefined : revocations });

  const originOf = createClientReader({ proxies: config.TRUSTED_PROXIES, header: config.TRUSTED_PROXIES_HEADER });
  const { describe, errors } = createContractDescription(createRegistryOf([descriptorSet]));
  const transcoder = createTranscoder({
    descriptors: descriptorSet,
    upstreams,
    describe,
    errors,
    errorPages,
    observer: observability.http,
    deadlineMs: config.GATEWAY_DEADLINE_MS,
    maxDeadlineMs: config.GATEWAY_MAX_DEADLINE_MS,
    heartbeatMs: config.GATEWAY_HEARTBEAT_MS,
    maxInFlight: config.GATEWAY_MAX_IN_FLIGHT,
    requestHeaders: config.GATEWAY_REQUEST_HEADERS,
    metadataOf: (request) => toClientMetadata({ address: originOf(request).address, userAgent: request.headers['user-agent'] ?? '' }),
    responseHeaders: config.GATEWAY_RESPONSE_HEADERS,
    async authenticate(method: RpcMethod, authorization) {
      return isPublic(rules.get(method.path)!) ? undefined : verifier.verify(toBearerToken(authorization));
    },
  });
  // a method that does not say who may call it must not be found out by its first caller
  const rules = readAccessRules(transcoder.routes.map(({ rpc }) => rpc));
  const documents = createDocuments();
  const events = createEvents(observability);
  const server = createHttpServer({
    ...toListenerOptions(config),
    maxBodyBytes: config.GATEWAY_MAX_BODY_BYTES,
    observer: observability.http,
    ownPaths: [healthPath, ...documents.paths],
    certificates: certificateStore.open('GATEWAY_TLS', config),
  });
  const http = server.app;
  transcoder.register(http);
  documents.register(http);
  const methods = [...new Set(transcoder.routes.map(({ httpMethod }) => httpMethod)), 'HEAD'];
  const edge = addEdge(http, {
    ...toEdgeOptions(config, methods),
    originOf,
    takesStream: transcoder.takesStream,
    holdsCredentials: createCredentialPaths(transcoder.routes),
    exemptPaths: [healthPath],
    verifier,
    observer: observability.http,
    redisObserver: observability.redis,
    onRateLimit: events.rateLimit,
    onRateLimitStore: events.rateLimitStore,
  });

  const readiness = createReadiness({
    checks: [
      {
        name: 'keys',
        async check() {
          if (!keys.isReady()) throw new Error('no keys to verify tokens with: is VerifierService there?');
        },
      },
      ...(overrides.keys ? [] : [{ name: 'revocations', check: async () => revocations.requireReady() }]),
    ],
    ...logReadiness(logger),
  });
  http.get(healthPath, async (_request, reply) => reply.code(readiness.isReady() ? 200 : 503).send({ status: readiness.isReady() ? 'ok' : 'unavailable' }));
  addReadinessMetrics(observability.registry, readiness);
  const admin = createAdminServer({ readiness, metrics: observability.metrics, logLevel: observability.logLevel });
  const ports = { http: 0, admin: 0 };

  let draining = false;
  http.addHook('onSend', async (request, reply) => {
    if (draining && request.raw.httpVersionMajor === 1) reply.header('connection', 'close');
  });

  return {
    logger,
    registry: observability.registry,
    shutdown: { graceMs: config.SHUTDOWN_GRACE_MS, timeoutMs: config.SHUTDOWN_TIMEOUT_MS },
    get httpPort() {
      return ports.http;
    },
    get adminPort() {
      return ports.admin;
    },
    async listen() {
      ports.admin = await withPortSetting('GATEWAY_ADMIN_PORT', () => admin.listen(config.GATEWAY_ADMIN_HOST, config.GATEWAY_ADMIN_PORT));
      ports.http = await withPortSetting('GATEWAY_HTTP_PORT', async () => {
        await http.listen({ host: config.GATEWAY_HTTP_HOST, port: config.GATEWAY_HTTP_PORT });
        const address = http.server.address();
        return typeof address === 'object' && address ? address.port : config.GATEWAY_HTTP_PORT;
      });
      remoteKeys.start();
      if (!overrides.keys) revocations.start();
      await readiness.start();
    },
    drain: () => readiness.drain(),
    async close() {
      readiness.drain();
      const cutMs = config.SHUTDOWN_TIMEOUT_MS * 0.7;
      const timers = [setTimeout(() => transcoder.end('all'), cutMs), setTimeout(() => server.cut(), cutMs + flushMs)];
      transcoder.end('streams');
      // nobody new is let in, and who is inside hears with the next answer that it was the last on this connection
      draining = true;
      await server.stopListening(Math.min(quietMs, cutMs / 4), cutMs / 2);
      await http.close();
      timers.forEach(clearTimeout);
      certificateStore.close();
      edge.close();
      readiness.close();
      remoteKeys.close();
      await revocations.close();
      for (const channel of channels.values()) channel.close();
      await admin.close();
      await observability.close(config.SHUTDOWN_TIMEOUT_MS * 0.2);
    },
  };
}
