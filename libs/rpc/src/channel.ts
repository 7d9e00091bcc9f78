import { Client, connectivityState, credentials } from '@grpc/grpc-js';
import { deadlineExceeded, internal, unavailable } from '@gatehouse/contracts/api';
import { createCancelBudget } from './cancel-budget';
import { currentCall, type RpcClientCall, type RpcObserver } from './call';
import { leastTimeMs } from './deadline';
import { readMethods, type RpcMethodName } from './method';
import { toServiceConfig } from './service-config';
import { sendStream, sendUnary, type Sending, type SentStream, toMetadata } from './transport';

export interface RpcChannelOptions {
  /** `host:port`, or a gRPC target such as `dns:///user.internal:50051`. */
  target: string;
  /** The contracts spoken over it: what they call idempotent is retried. */
  descriptorSets: readonly Uint8Array[];
  observer?: RpcObserver;
  /** Milliseconds. */
  defaultDeadlineMs?: number;
  /** Domains of ErrorInfo whose errors are handed on, those inside of them included; any other becomes a generic one. */
  errorDomains?: readonly string[];
}

export interface RpcCallOptions {
  /** How long the caller waits, in milliseconds. A long-lived method has no deadline without one. */
  deadlineMs?: number;
  signal?: AbortSignal;
  metadata?: Readonly<Record<string, string>>;
  /** Told of the metadata that comes before the answer. */
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
// How long a call waits for a connection: about as long as the pause between two attempts to connect. Milliseconds.
const connectPatienceMs = 1_500;

/** Opens a channel: round_robin over what the name resolves to, keepalive, retries with a throttle. */
export function createChannel({ target, descriptorSets, observer, defaultDeadlineMs = 5_000, errorDomains = ['gatehouse'] }: RpcChannelOptions): RpcChannel {
  const methods = readMethods(descriptorSets);
  const longLived = new Set(methods.flatMap(({ path, isLongLived }) => (isLongLived ? [path] : [])));
  const client = new Client(target.includes('://') ? target : `dns:///${target}`, credentials.createInsecure(), {
    'grpc.service_config': JSON.stringify(toServiceConfig(methods)),
    'grpc.service_config_disable_resolution': 1,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    // a name that was not there yet, or moved, is asked for again as soon
    'grpc.dns_min_time_between_resolutions_ms': 1_000,
    'grpc.max_receive_message_length': 4 * 1024 * 1024,
    'grpc.enable_channelz': 0,
  });
  const chain = (observer?.client ?? []).reduceRight<(call: RpcClientCall, invoke: () => Promise<unknown>) => Promise<unknown>>(
    (next, interceptor) => async (call, invoke) => interceptor(call, () => next(call, invoke)),
    async (_call, invoke) => invoke(),
  );
  const cancelBudget = createCancelBudget();
  let closed = false;

  /** Runs `send` inside of the observers, with what a call of its caller's hands on. */
  const invoke = async <T>(method: RpcMethodName, options: RpcCallOptions, send: (sending: Sending) => Promise<T>): Promise<T> => {
    const caller = currentCall();
    const patience = options.deadlineMs ?? (longLived.has(method.path) ? Infinity : defaultDeadlineMs);
    const deadline = Math.min(Date.now() + patience, (caller?.deadline ?? Infinity) - marginMs);
    if (deadline - Date.now() < leastTimeMs) throw deadlineExceeded();
    const metadata = new Map(Object.entries({ ...(caller ? { 'x-request-id': caller.requestId } : {}), ...options.metadata }));
    const call: RpcClientCall = { method, metadata, target, deadline };
    const signal = AbortSignal.any([caller?.signal, options.signal].filter((each) => each !== undefined));
    const { onMetadata } = options;
    const answer = await chain(call, async () => {
      const toSend = toMetadata(call.metadata);
      if (!closed) await untilConnected(client, deadline, signal);
      // grpc-js would open a closed channel anew
      if (closed) throw unavailable();
      return send({ client, call, metadata: toSend, signal, errorDomains, cancelBudget, onMetadata });
    });
    return answer as T;
  };

  return {
    target,
    unary: (method, request, options = {}) => invoke(method, options, (sending) => sendUnary(sending, request)),
    collect: (method, requests, options = {}) =>
      invoke(method, options, async (sending) => {
        const { read, over } = sendStream(sending, requests);
        const response = await read();
        await over;
        if (!response) throw internal({ cause: new Error('the call ended well, and without a response') });
        return response;
      }),
    async *stream(method, requests, options = {}) {
      let tellOpened: (stream: SentStream) => void;
      const opened = new Promise<SentStream>((resolve) => (tellOpened = resolve));
      const over = invoke(method, options, async (sending) => {
        const sent = sendStream(sending, requests);
        tellOpened(sent);
        await sent.over;
      });
      over.catch(() => {});
      const sent = await Promise.race([opened, over as Promise<never>]);
      try {
        for (let response = await sent.read(); response; response = await sent.read()) yield response;
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

/**
 * Waits a moment for a connection that is being made anew, so that a callee that restarts fails no call. Nothing was sent
 * yet, so any call may wait. What is not connected after that is told by the call itself.
 */
async function untilConnected(client: Client, deadline: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || client.getChannel().getConnectivityState(true) === connectivityState.READY) return;
  await new Promise<void>((resolve) => {
    const onAbort = () => resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    client.waitForReady(Math.min(Date.now() + connectPatienceMs, deadline), () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
