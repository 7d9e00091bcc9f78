import { Client, connectivityState, credentials, type ClientUnaryCall, Metadata, type ServiceError } from '@grpc/grpc-js';
import { AppError } from '@gatehouse/errors';
import { cancelled, deadlineExceeded, requestUnreadable, unavailable } from '@gatehouse/contracts/api';
import { currentCall, type RpcClientCall, type RpcObserver } from './call';
import { leastTimeMs } from './deadline';
import { readMethods, type RpcMethodName } from './method';
import { statusDetailsKey, toAppError } from './status';

export interface RpcChannelOptions {
  /** `host:port`, or a gRPC target such as `dns:///user.internal:50051`. */
  target: string;
  /** The contracts spoken over it: what they call idempotent is retried. */
  descriptorSets: readonly Uint8Array[];
  observer?: RpcObserver;
  /** Milliseconds. */
  defaultDeadlineMs?: number;
}

export interface RpcCallOptions {
  /** How long the caller waits, in milliseconds. */
  deadlineMs?: number;
  signal?: AbortSignal;
  metadata?: Readonly<Record<string, string>>;
}

/** A connection to one target, for the whole process. */
export interface RpcChannel {
  readonly target: string;
  /**
   * Makes a unary call with serialized messages. Inside a server's call it ends before that call's deadline, with its
   * cancellation, and carries its request id.
   * @throws AppError: what the service threw, an infrastructure error, or requestUnreadable for metadata that gRPC cannot carry.
   */
  unary(method: RpcMethodName, request: Uint8Array, options?: RpcCallOptions): Promise<Uint8Array>;
  close(): void;
}

// What is kept of the caller's time to answer it after the callee failed to. Milliseconds.
const marginMs = 20;
// How long a call waits for a connection: about as long as the pause between two attempts to connect. Milliseconds.
const connectPatienceMs = 1_500;

/** Opens a channel: round_robin over what the name resolves to, keepalive, retries with a throttle. */
export function createChannel({ target, descriptorSets, observer, defaultDeadlineMs = 5_000 }: RpcChannelOptions): RpcChannel {
  const client = new Client(target.includes('://') ? target : `dns:///${target}`, credentials.createInsecure(), {
    'grpc.service_config': JSON.stringify(toServiceConfig(descriptorSets)),
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
  let closed = false;
  return {
    target,
    async unary(method, request, options = {}) {
      const caller = currentCall();
      const deadline = Math.min(Date.now() + (options.deadlineMs ?? defaultDeadlineMs), (caller?.deadline ?? Infinity) - marginMs);
      if (deadline - Date.now() < leastTimeMs) throw deadlineExceeded();
      const metadata = new Map(Object.entries({ ...(caller ? { 'x-request-id': caller.requestId } : {}), ...options.metadata }));
      const call: RpcClientCall = { method, metadata, target, deadline };
      const signals = [caller?.signal, options.signal].filter((signal) => signal !== undefined);
      const signal = AbortSignal.any(signals);
      const invoke = async () => {
        const toSend = toMetadata(call.metadata);
        if (!closed) await untilConnected(client, deadline, signal);
        // grpc-js would open a closed channel anew
        if (closed) throw unavailable();
        return invokeUnary(client, call, toSend, request, signal);
      };
      return (await chain(call, invoke)) as Uint8Array;
    },
    close() {
      closed = true;
      client.close();
    },
  };
}

function invokeUnary(client: Client, call: RpcClientCall, metadata: Metadata, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(toAbortError(signal));
    let transport: ClientUnaryCall | undefined = undefined;
    const onAbort = () => {
      transport?.cancel();
      reject(toAbortError(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const bytes = Buffer.from(request.buffer, request.byteOffset, request.byteLength);
    const onAnswer = (error: ServiceError | null, response?: Buffer) => {
      signal.removeEventListener('abort', onAbort);
      if (error) reject(toAppError({ code: error.code, details: findDetails(error) }, error));
      else resolve(response ?? new Uint8Array());
    };
    transport = client.makeUnaryRequest(`/${call.method.path}`, same, same, bytes, metadata, { deadline: call.deadline }, onAnswer);
  });
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

/** gRPC carries printable ASCII. What else a caller sends is refused, and not quoted: it may be a token. */
function toMetadata(entries: ReadonlyMap<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of entries) {
    if (!/^[ -~]*$/.test(value)) throw requestUnreadable();
    metadata.set(key, value);
  }
  return metadata;
}

const same = (bytes: Buffer) => bytes;

function toAbortError({ reason: cause }: AbortSignal): AppError {
  if (cause instanceof AppError) return cause;
  return cause instanceof DOMException && cause.name === 'TimeoutError' ? deadlineExceeded({ cause }) : cancelled({ cause });
}

function findDetails(error: ServiceError): Uint8Array | undefined {
  const [value] = error.metadata.get(statusDetailsKey);
  return value instanceof Buffer ? value : undefined;
}

function toServiceConfig(descriptorSets: readonly Uint8Array[]) {
  const idempotent = readMethods(descriptorSets).filter((method) => method.idempotent);
  return {
    loadBalancingConfig: [{ round_robin: {} }],
    retryThrottling: { maxTokens: 10, tokenRatio: 0.1 },
    methodConfig: idempotent.length
      ? [
          {
            name: idempotent.map(({ service, name }) => ({ service, method: name })),
            retryPolicy: { maxAttempts: 3, initialBackoff: '0.05s', maxBackoff: '0.5s', backoffMultiplier: 2, retryableStatusCodes: ['UNAVAILABLE'] },
          },
        ]
      : [],
  };
}
