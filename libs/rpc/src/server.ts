import { unavailable } from '@gatehouse/contracts/api';
import { isIPv4 } from 'node:net';
import { logVerbosity, Server, ServerCredentials, setLogVerbosity } from '@grpc/grpc-js';
import { createAdmission } from './admission';
import { bindServer, toAddress } from './bind-server';
import type { RpcCall, RpcInterceptor, RpcObserver } from './call';
import { streamConcerns, toInterceptors, unaryConcerns } from './concerns';
import { deadline } from './deadline';
import { createDecode } from './decode';
import { drainServer } from './drain-server';
import type { RpcBinding } from './definition';
import { errors } from './errors';
import { addHealth } from './health';
import { createRegistryOf, methodsOf, readFiles, type RpcMethod } from './method';
import { addReflection, type Reflection } from './reflection';
import { MutualTlsServerCredentials, type RpcCertificates } from './mutual-tls';
import { toResumeReason } from './open-call';
import { createPeerCheck } from './peers';
import { createStreamHandler } from './stream-handler';
import { createUnaryHandler } from './unary-handler';
import { createValidation } from './validate';

export interface RpcServerOptions {
  /** What it serves: a definition and its implementation each, joined by `bindService`. */
  services: readonly RpcBinding[];
  /** The contracts of the services, options and imports included. */
  descriptorSets: readonly Uint8Array[];
  /** Who is calling, and whether they may. Gets the methods that the server serves. */
  access: (methods: readonly RpcMethod[]) => { authenticate: RpcInterceptor; authorize: RpcInterceptor };
  observer?: RpcObserver;
  /** With them, mutual TLS alone is spoken, and each service is for its peers; health and reflection are for whoever has a certificate of the CAs. */
  certificates?: RpcCertificates;
  /** Calls answered at the same time; one more is refused. Default: 200. */
  maxInFlight?: number;
  /** Long-lived calls at the same time, which do not count as in flight. Default: 1,000. */
  maxLongLived?: number;
  /** The longest a call may take, and what one without a deadline gets. Milliseconds, 30,000 by default. */
  maxDeadlineMs?: number;
  /** How long a long-lived call may be without a message, and how long it may go on; then it ends with UNAVAILABLE, to be resumed. Milliseconds, 120,000 and 280,000 by default. */
  maxIdleMs?: number;
  maxAgeMs?: number;
  /** grpc.reflection; by default on loopback addresses alone. */
  reflection?: boolean;
}

export interface RpcServer {
  readonly methods: readonly RpcMethod[];
  /**
   * Listens; port 0 takes a free one. Gives the port.
   * @throws an error with the system's `code` and the `port`: EADDRINUSE when it is taken. Another port may be tried.
   */
  listen(host: string, port: number): Promise<number>;
  /** What grpc.health.v1 says of the server and of each service; NOT_SERVING until told otherwise. */
  setServing(serving: boolean): void;
  /** NOT_SERVING and GOAWAY; long-lived calls end with UNAVAILABLE, calls in flight are answered, those left after `timeoutMs` with UNAVAILABLE. */
  drain(timeoutMs: number): Promise<void>;
}

const kiB = 1024;

/**
 * A gRPC server whose handlers are async functions that throw. A service whose contract it was not given, or whose rules
 * cannot be compiled, throws here.
 */
export function createRpcServer(options: RpcServerOptions): RpcServer {
  const {
    services,
    descriptorSets,
    observer,
    certificates,
    maxInFlight = 200,
    maxLongLived = 1_000,
    maxDeadlineMs = 30_000,
    maxIdleMs = 120_000,
    maxAgeMs = 280_000,
  } = options;
  const registry = createRegistryOf(descriptorSets);
  const served = services.map(({ definition }) => definition.fullName);
  const methods = methodsOf(registry).filter(({ service }) => served.includes(service));
  const access = options.access(methods);
  const admission = createAdmission(maxInFlight, maxLongLived);
  const check = createValidation(registry, methods);
  // a stream's requests are checked one by one, as they are read
  const validate: RpcInterceptor = async ({ method, message }, next) => {
    if (!method.requestStream) check(method, message);
    return next();
  };

  const peerCheck = certificates ? [createPeerCheck(services)] : [];

  setLogVerbosity(logVerbosity.NONE); // what it would print, its callers get as errors
  const server = new Server({
    'grpc.max_receive_message_length': 1024 * kiB,
    'grpc.max_concurrent_streams': maxInFlight + maxLongLived,
    'grpc.max_connection_age_ms': 300_000,
    // longer than any deadline: what started is answered
    'grpc.max_connection_age_grace_ms': maxDeadlineMs + 5_000,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 10_000,
    'grpc.enable_channelz': 0,
  });
  const openCalls = new Set<RpcCall>();
  for (const { definition, service } of services)
    for (const [key, method] of Object.entries(definition.methods)) {
      const rpcMethod = methods.find(({ path }) => path === `${definition.fullName}/${method.name}`);
      const handle = service[key];
      if (!rpcMethod || !handle) throw new Error(`${definition.fullName}/${method.name} is not in the descriptor sets that the server was given`);
      const isStream = method.requestStream || method.responseStream;
      const handlerOptions = {
        method: rpcMethod,
        definition: method,
        handle: handle.bind(service),
        limits: { maxDeadlineMs, maxIdleMs, maxAgeMs },
        openCalls,
        interceptors: toInterceptors(isStream ? streamConcerns : unaryConcerns, {
          observe: observer?.server ?? [],
          errors: [errors],
          deadline: [deadline],
          peer: peerCheck,
          admission: [admission],
          decode: [createDecode(method)],
          authenticate: [access.authenticate],
          authorize: [access.authorize],
          validate: [validate],
        }),
      };
      if (isStream) server.register(`/${rpcMethod.path}`, createStreamHandler({ ...handlerOptions, check }), same, same, 'bidi');
      else server.register(`/${rpcMethod.path}`, createUnaryHandler(handlerOptions), same, same, 'unary');
    }
  const health = addHealth(server, served);
  const tls = certificates && new MutualTlsServerCredentials(certificates);
  const addresses = new Set<string>();
  let reflection: Reflection | undefined;

  return {
    methods,
    async listen(host, port) {
      if (options.reflection ?? isLoopback(host)) reflection ??= addReflection(server, readFiles(descriptorSets), registry, served);
      const bound = await bindServer(server, host, port, tls ?? ServerCredentials.createInsecure());
      addresses.add(toAddress(host, bound));
      return bound;
    },
    setServing: health.setServing,
    async drain(timeoutMs) {
      health.setServing(false);
      health.close();
      reflection?.close();
      for (const call of openCalls) if (call.method.isLongLived) call.end(toResumeReason());
      await drainServer(server, addresses, timeoutMs, () => {
        for (const call of openCalls) call.end(unavailable({ retryDelayMs: 1000 }));
      });
      tls?.close();
    },
  };
}

const same = (bytes: Buffer) => bytes;
const isLoopback = (host: string) => host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
