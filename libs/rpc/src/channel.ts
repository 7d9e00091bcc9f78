import { Client, connectivityState, credentials } from '@grpc/grpc-js';
import { deadlineExceeded, internal, unavailable } from '@gatehouse/contracts/api';
import { createCancelBudget } from './cancel-budget';
import { currentCall, type RpcClientCall, type RpcObserver } from './call';
import { leastTimeMs } from './deadline';
import { readMethods, type RpcMethodName } from './method';
import { MutualTlsChannelCredentials, type RpcCertificates } from './mutual-tls';
import { createReplay } from './replay';
import { withRetries } from './retry';
import { createRetryBudget } from './retry-budget';
import { hostOf, toUri } from './target';
import { sendStream, sendUnary, type Sending, type SentStream, toMetadata } from './transport';
import { untilConnected } from './until-connected';

export interface RpcChannelOptions {
  /** `host:port`, or a gRPC target such as `dns:///user.internal:50051` or `ipv4:10.0.0.1:50051,10.0.0.2:50051`. */
  target: string;
  /** The contracts spoken over it: what they call safe to repeat is retried. */
  descriptorSets: readonly Uint8Array[];
  observer?: RpcObserver;
  /** With them, mutual TLS is spoken. */
  certificates?: RpcCertificates;
  /** A name that the server's certificate must have, DNS or URI; that of the target's host unless it is said. */
  serverName?: string;
  /** How long a call that says nothing else may take. Milliseconds, 5,000 by default. */
  defaultDeadlineMs?: number;
  /**
   * Domains of ErrorInfo whose errors are handed on, those inside of them included, beside `gatehouse`, by which servers of this library
   * refuse by themselves; any other becomes a generic one.
   */
  errorDomains?: readonly string[];
}

export interface RpcCallOptions {
  /** How long the caller waits, in milliseconds. A long-lived method has no deadline without one. */
  deadlineMs?: number;
  signal?: AbortSignal;
  metadata?: Readonly<Record<string, string>>;
  /** Told of the metadata that comes before the answer; of a stream that is tried again before its first response, each time. */
  onMetadata?: (metadata: ReadonlyMap<string, string>) => void;
}

/** The responses of a call. Who stops iterating cancels it; what it ended with is thrown where the responses end. */
export type RpcStream = AsyncIterable<Uint8Array>;

/** A connection to one target, for the whole process. */
export interface RpcChannel {
  readonly target: string;
  /**
   * Makes a unary call with serialized messages. Inside a server's call it ends before that call's deadline, with its
   * cancellation, and carries its request id.
   * @throws AppError: what the service threw, an infrastructure error, or requestUnreadable for metadata that gRPC cannot carry.
   */
  unary(method: RpcMethodName, request: Uint8Array, options?: RpcCallOptions): Promise<Uint8Array>;
  /** Makes a call that sends a stream of requests and gets one response. Throws as `unary`, and what `requests` throws. */
  collect(method: RpcMethodName, requests: AsyncIterable<Uint8Array>, options?: RpcCallOptions): Promise<Uint8Array>;
  /** Makes a call that gets a stream of responses, each read when it is asked for. The call starts when the first is. Throws as `collect`. */
  stream(method: RpcMethodName, requests: AsyncIterable<Uint8Array>, options?: RpcCallOptions): RpcStream;
  close(): void;
}

// What is kept of the caller's time to answer it after the callee failed to. Milliseconds.
const marginMs = 20;
// How long a call waits for connections: about as long as the pause between two attempts to connect. Milliseconds.
const connectPatienceMs = 1_500;
// of what any server may refuse (gatehouse.api.v1.PlatformErrorReason)
const platformDomain = 'gatehouse';
// its retries know nothing of a request_id, and end where an answer began
const serviceConfig = { loadBalancingConfig: [{ round_robin: {} }] };

/** Makes attempts at one call; `findRequest` gives the one request that they send. */
type Attempts = <T>(send: (sending: Sending) => Promise<T>, findRequest: () => Uint8Array | undefined) => Promise<T>;

/** Opens a channel: round_robin over what the name resolves to, keepalive, retries under a budget. */
export function createChannel({
  target,
  descriptorSets,
  observer,
  certificates,
  serverName,
  defaultDeadlineMs = 5_000,
  errorDomains = [],
}: RpcChannelOptions): RpcChannel {
  let closed = false;
  const believed = [platformDomain, ...errorDomains];
  const methods = new Map(readMethods(descriptorSets).map((method) => [method.path, method]));
  const onFailure = (reason: string) => {
    if (!closed) observer?.onHandshakeFailure?.({ target, reason });
  };
  const security = certificates ? new MutualTlsChannelCredentials(certificates, hostOf(target), serverName, onFailure) : credentials.createInsecure();
  const client = new Client(toUri(target), security, {
    'grpc.service_config': JSON.stringify(serviceConfig),
    'grpc.service_config_disable_resolution': 1,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    // a name that was not there yet, or moved, is asked for again as soon
    'grpc.dns_min_time_between_resolutions_ms': 1_000,
    'grpc.max_receive_message_length': 4 * 1024 * 1024,
    'grpc.enable_channelz': 0,
    // that of the environment is for the world outside: what is loopback here would leave the machine, in plain text
    'grpc.enable_http_proxy': 0,
  });
  const chain = (observer?.client ?? []).reduceRight<(call: RpcClientCall, invoke: () => Promise<unknown>) => Promise<unknown>>(
    (next, interceptor) => async (call, invoke) => interceptor(call, () => next(call, invoke)),
    async (_call, invoke) => invoke(),
  );
  const cancelBudget = createCancelBudget();
  const retryBudget = createRetryBudget();
  const connectivity = () => connectivityState[client.getChannel().getConnectivityState(false)].toLowerCase();
  observer?.openChannel?.({ target, connectivity, retryBudget: retryBudget.left });

  /** Makes a call inside of the observers, with what a call of its caller's hands on. */
  const invoke = async <T>(name: RpcMethodName, options: RpcCallOptions, work: (attempts: Attempts) => Promise<T>): Promise<T> => {
    const caller = currentCall();
    const method = methods.get(name.path);
    const patience = options.deadlineMs ?? (method?.isLongLived ? Infinity : defaultDeadlineMs);
    const deadline = Math.min(Date.now() + patience, (caller?.deadline ?? Infinity) - marginMs);
    if (deadline - Date.now() < leastTimeMs) throw deadlineExceeded();
    const metadata = new Map(Object.entries({ ...(caller ? { 'x-request-id': caller.requestId } : {}), ...options.metadata }));
    const call: RpcClientCall = { method: name, metadata, target, deadline };
    const signal = AbortSignal.any([caller?.signal, options.signal].filter((each) => each !== undefined));
    const { onMetadata } = options;
    // of a caller with little time some is left to hear that there is no connection
    let connectMs = Math.min(connectPatienceMs, (deadline - Date.now()) * 0.8);
    const attempts: Attempts = async (send, findRequest) => {
      const toSend = toMetadata(call.metadata);
      const attempt = async (previous: number) => {
        // gRFC A6
        if (previous) toSend.set('grpc-previous-rpc-attempts', String(previous));
        const begin = Date.now();
        if (!closed && connectMs > 0) await untilConnected(client, Math.min(begin + connectMs, deadline), signal);
        connectMs -= Date.now() - begin;
        // grpc-js would open a closed channel anew
        if (closed) throw unavailable();
        return send({ client, call, metadata: toSend.clone(), signal, errorDomains: believed, cancelBudget, onMetadata });
      };
      const onRetry: RpcClientCall['onRetry'] = (error) => call.onRetry?.(error);
      return withRetries(attempt, { method, findRequest: () => (closed ? undefined : findRequest()), budget: retryBudget, deadline, signal, onRetry });
    };
    return (await chain(call, () => work(attempts))) as T;
  };

  /** What is sent as a stream: a stream of requests as it is, a single one so that it can be sent again. */
  const toSource = ({ path }: RpcMethodName, requests: AsyncIterable<Uint8Array>) => {
    const method = methods.get(path);
    return method && !method.requestStream ? createReplay(requests) : { requests, find: () => undefined };
  };

  return {
    target,
    unary: (method, request, options = {}) =>
      withMetadata(options, (onMetadata) =>
        invoke(method, { ...options, onMetadata }, (attempts) =>
          attempts(
            (sending) => sendUnary(sending, request),
            () => request,
          ),
        ),
      ),
    collect: (method, requests, options = {}) =>
      withMetadata(options, (onMetadata) => {
        const source = toSource(method, requests);
        const send = async (sending: Sending) => {
          const { read, over } = sendStream(sending, source.requests);
          const response = await read();
          await over;
          if (!response) throw internal({ cause: new Error('the call ended well, and without a response') });
          return response;
        };
        return invoke(method, { ...options, onMetadata }, (attempts) => attempts(send, source.find));
      }),
    async *stream(method, requests, options = {}) {
      const source = toSource(method, requests);
      const opened = Promise.withResolvers<{ sent: SentStream; first: Uint8Array | undefined }>();
      const over = invoke(method, options, async (attempts) => {
        const begun = await attempts(async (sending) => {
          const sent = sendStream(sending, source.requests);
          const first = await sent.read();
          if (!first) await sent.over;
          return { sent, first };
        }, source.find);
        opened.resolve(begun);
        await begun.sent.over;
      });
      over.catch(() => {});
      const { sent, first } = await Promise.race([opened.promise, over as Promise<never>]);
      try {
        for (let response = first; response; response = await sent.read()) yield response;
        await over;
      } finally {
        sent.cancel();
      }
    },
    close() {
      closed = true;
      client.close();
    },
  };
}

/** Tells of the metadata of the attempt that was answered. */
async function withMetadata<T>({ onMetadata }: RpcCallOptions, call: (onMetadata: RpcCallOptions['onMetadata']) => Promise<T>): Promise<T> {
  let received: ReadonlyMap<string, string> | undefined;
  const answer = await call(onMetadata && ((metadata) => void (received = metadata)));
  if (received) onMetadata?.(received);
  return answer;
}
