import { type Client, type ClientUnaryCall, Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { AppError } from '@gatehouse/errors';
import { cancelled, deadlineExceeded, platformErrors, requestUnreadable, unavailable } from '@gatehouse/contracts/api';
import type { RpcClientCall } from './call';
import { createFailureInterceptor, toFailureCause } from './failure';
import { readMessage, writeMessage } from './message-stream';
import { toBuffer, toTextMetadata } from './open-call';
import { toAppError } from './received-status';
import { markSpent, readPushback } from './retry-pushback';
import { statusDetailsKey } from './wire-status';

/** What a call over grpc-js needs. */
export interface Sending {
  readonly client: Client;
  readonly call: RpcClientCall;
  readonly metadata: Metadata;
  readonly signal: AbortSignal;
  /** Whose errors are believed. */
  readonly errorDomains: readonly string[];
  readonly cancelBudget: { take(): boolean };
  /** Told of the metadata that comes before the answer. */
  readonly onMetadata?: (metadata: ReadonlyMap<string, string>) => void;
}

/** Makes a unary call with bytes. @throws AppError */
export function sendUnary({ client, call, metadata, signal, errorDomains, cancelBudget, onMetadata }: Sending, request: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(toAbortError(signal));
    let transport: ClientUnaryCall | undefined = undefined;
    const onAbort = () => {
      if (cancelBudget.take()) transport?.cancel();
      reject(toAbortError(signal));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const onFailure = (failure: StatusObject) => {
      signal.removeEventListener('abort', onAbort);
      reject(toCallError(failure, toFailureCause(failure), errorDomains));
    };
    const onAnswer = (error: ServiceError | null, response?: Buffer) => {
      signal.removeEventListener('abort', onAbort);
      if (error) reject(toCallError(error, error, errorDomains));
      else resolve(response ?? new Uint8Array());
    };
    const options = { deadline: call.deadline, interceptors: [createFailureInterceptor(onFailure)] };
    transport = client.makeUnaryRequest(`/${call.method.path}`, same, same, toBuffer(request), metadata, options, onAnswer);
    if (onMetadata) transport.on('metadata', (received) => onMetadata(toTextMetadata(received)));
  });
}

/** A stream over grpc-js, whose both sides are read and written at the pace of the slower. */
export interface SentStream {
  /** The next response; undefined at the end, also where the call failed. @throws AppError when the signal is aborted */
  read(): Promise<Uint8Array | undefined>;
  /** Settles when the call is over. @throws AppError */
  readonly over: Promise<void>;
  cancel(): void;
}

/** Starts a call of any kind of stream: all are one to the transport. What `requests` throws ends the call. */
export function sendStream({ client, call, metadata, signal, errorDomains, onMetadata }: Sending, requests: AsyncIterable<Uint8Array>): SentStream {
  const { deadline } = call;
  const transport = client.makeBidiStreamRequest(`/${call.method.path}`, same, same, metadata, deadline === Infinity ? {} : { deadline });
  const ended = new AbortController();
  const over = new Promise<void>((resolve, reject) => {
    const settle = (error?: unknown) => {
      signal.removeEventListener('abort', onAbort);
      ended.abort();
      if (error === undefined) resolve();
      else reject(error);
    };
    const onAbort = () => {
      transport.cancel();
      settle(toAbortError(signal));
    };
    if (onMetadata) transport.on('metadata', (received) => onMetadata(toTextMetadata(received)));
    transport.on('error', (error: ServiceError) => settle(toCallError(error, error, errorDomains)));
    transport.on('status', ({ code }: StatusObject) => code === 0 && settle());
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    pump(requests, (bytes) => writeMessage(transport, toBuffer(bytes), ended.signal), ended.signal).then(
      () => transport.end(),
      (error) => {
        if (ended.signal.aborted) return;
        transport.cancel();
        settle(error);
      },
    );
  });
  // whoever reads is told by `over`
  over.catch(() => {});
  return {
    over,
    // what came before the end can still be read after it
    read: () => readMessage(transport, signal).catch(() => Promise.reject(toAbortError(signal))),
    cancel: () => transport.cancel(),
  };
}

/** Sends what the iterable gives until the call is over, and then lets it go. */
async function pump(requests: AsyncIterable<Uint8Array>, write: (bytes: Uint8Array) => Promise<void>, ended: AbortSignal): Promise<void> {
  const iterator = requests[Symbol.asyncIterator]();
  const letGo = () => void Promise.resolve(iterator.return?.()).catch(() => {});
  ended.addEventListener('abort', letGo, { once: true });
  for (let item = await iterator.next(); !item.done; item = await iterator.next()) await write(item.value);
  ended.removeEventListener('abort', letGo);
}

/** gRPC carries printable ASCII. What else a caller sends is refused, and not quoted: it may be a token. */
export function toMetadata(entries: ReadonlyMap<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of entries) {
    if (!/^[ -~]*$/.test(value)) throw requestUnreadable();
    metadata.set(key, value);
  }
  return metadata;
}

const same = (bytes: Buffer) => bytes;

/** The AppError of a signal that is aborted. */
export function toAbortError({ reason: cause }: AbortSignal): AppError {
  if (cause instanceof AppError) return cause;
  return cause instanceof DOMException && cause.name === 'TimeoutError' ? deadlineExceeded({ cause }) : cancelled({ cause });
}

function toCallError({ code, metadata }: StatusObject, cause: Error, domains: readonly string[]): AppError {
  const [value] = metadata.get(statusDetailsKey);
  const error = toAppError({ code, details: value instanceof Buffer ? value : undefined }, cause, domains);
  // that this process is no peer of who it calls is no fault of its own callers, and is so at every attempt
  const isRefusal = error.reason === platformErrors.PEER_NOT_ADMITTED.reason && error.domain === platformErrors.PEER_NOT_ADMITTED.domain;
  const told = isRefusal ? unavailable({ cause: error }) : error;
  if (isRefusal || readPushback(metadata)) markSpent(told);
  return told;
}
