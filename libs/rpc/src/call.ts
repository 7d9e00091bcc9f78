import type { Message } from '@bufbuild/protobuf';
import type { AppError } from '@gatehouse/errors';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { RpcMethod, RpcMethodName } from './method';

/** One call as the interceptors and the handler of a server see it. */
export interface RpcCall {
  readonly method: RpcMethod;
  /** The request's metadata, keys in lower case, text values only. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What goes to the caller before the answer; a handler sets it before its first await. */
  readonly responseMetadata: Map<string, string>;
  /** Address of the caller as the transport knows it. */
  readonly peer: string;
  /** The names that the caller's certificate has, DNS and URI; none without mutual TLS. */
  peerNames(): readonly string[];
  /** `x-request-id` of the metadata, or a new one. */
  readonly requestId: string;
  /**
   * When the answer is due, in milliseconds since the epoch: the caller's deadline, capped by the server's maximum. A
   * long-lived call has none but the caller's, and may have Infinity.
   */
  readonly deadline: number;
  /** Aborted when the caller goes away, the deadline passes, or the server ends the call. */
  readonly signal: AbortSignal;
  /** The ts-proto request; there from `decode` on. A method with a stream of requests has none. */
  readonly request: unknown;
  /** The same request as a protobuf-es message; there from `decode` on. */
  readonly message: Message;
  /** The values of the request that the contract calls sensitive or personal, as far as it was decoded. */
  confidential(): readonly string[];
  /** Waits for the first request of a stream of requests, which stays in the stream; a single request is there already. */
  firstMessage(): Promise<Message | undefined>;
  /** Ends the call with this error, whatever its handler does. */
  end(error: AppError): void;
  /** Told when the server refuses the call because it answers as many as it may. An observer may set it. */
  onShed?: () => void;
}

/** A concern around a server's handler. `next` runs what is inside of it, for a stream until its end; what that throws may be observed or replaced. */
export type RpcInterceptor = (call: RpcCall, next: () => Promise<unknown>) => Promise<unknown>;

/** One call as the interceptors of a client see it. They may add to its metadata. */
export interface RpcClientCall {
  readonly method: RpcMethodName;
  readonly metadata: Map<string, string>;
  readonly target: string;
  /** Milliseconds since the epoch; Infinity for a long-lived call without one. */
  readonly deadline: number;
  /** Told of each failed attempt that another one follows. An observer may set it. */
  onRetry?: (error: AppError) => void;
}

/** A concern around a client's call, whatever number of attempts it takes. */
export type RpcClientInterceptor = (call: RpcClientCall, next: () => Promise<unknown>) => Promise<unknown>;

/** What watches calls on either side, outermost first: trace, metrics, access log. */
export interface RpcObserver {
  readonly server: readonly RpcInterceptor[];
  readonly client: readonly RpcClientInterceptor[];
  /** Told of each channel that is opened. */
  readonly openChannel?: (channel: ObservedChannel) => void;
  /** Told why no TLS is spoken with a target: once for each change of the reason, not at each attempt. */
  readonly onHandshakeFailure?: (failure: HandshakeFailure) => void;
}

export interface HandshakeFailure {
  readonly target: string;
  /** A sentence of this library, or a code of OpenSSL's or Node's such as CERT_HAS_EXPIRED: nothing that the other side wrote. */
  readonly reason: string;
}

/** A channel as it can be asked about at any time. */
export interface ObservedChannel {
  readonly target: string;
  /** Its state as gRPC names it: idle, connecting, ready, transient_failure or shutdown. */
  readonly connectivity: () => string;
  /** Share of the retry budget that is left, 0 to 1. */
  readonly retryBudget: () => number;
}

const calls = new AsyncLocalStorage<RpcCall>();

/** The call that the running code answers, if it answers one. */
export const currentCall = (): RpcCall | undefined => calls.getStore();

/** Runs `work` as part of `call`. */
export const withCall = <T>(call: RpcCall, work: () => T): T => calls.run(call, work);
