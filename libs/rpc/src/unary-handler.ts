import { fromBinary, type Message } from '@bufbuild/protobuf';
import { type handleUnaryCall, Metadata, type ServerUnaryCall } from '@grpc/grpc-js';
import type { AppError } from '@gatehouse/errors';
import { requestUnreadable } from '@gatehouse/contracts/api';
import { v7 as uuidv7 } from 'uuid';
import { type RpcCall, type RpcInterceptor, withCall } from './call';
import type { MethodDefinition } from './definition';
import { toCancelReason, toDeadlineReason } from './errors';
import type { RpcMethod } from './method';
import { statusDetailsKey, toWireStatus } from './status';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
/** A call on its way through the chain: `decode` adds what its bytes say. */
type OpenCall = Omit<Mutable<RpcCall>, 'message'> & { message?: Message; readonly bytes: Uint8Array };

/** Reads the request, as the ts-proto message for the handler and as the protobuf-es message for rules over its fields. */
export const createDecode =
  (definition: MethodDefinition): RpcInterceptor =>
  (call, next) => {
    const open = call as OpenCall;
    try {
      open.message = fromBinary(call.method.descriptor.input, open.bytes);
      open.request = definition.requestType.decode(open.bytes);
    } catch (cause) {
      throw requestUnreadable({ cause });
    }
    return next();
  };

export interface UnaryHandlerOptions {
  method: RpcMethod;
  definition: MethodDefinition;
  handle: (request: never, call: RpcCall) => Promise<unknown>;
  /** Outermost first; `createDecode` is among them. */
  interceptors: readonly RpcInterceptor[];
  /** Milliseconds. */
  maxDeadlineMs: number;
}

/**
 * The one place where a handler, an async function that throws, meets grpc-js, whose handlers call back. Whatever happens
 * inside, the caller gets exactly one answer and the process lives.
 */
export function createUnaryHandler({ method, definition, handle, interceptors, maxDeadlineMs }: UnaryHandlerOptions): handleUnaryCall<Buffer, Buffer> {
  const chain = interceptors.reduceRight<(call: RpcCall) => Promise<unknown>>(
    (next, interceptor) => async (call) => interceptor(call, () => next(call)),
    async (call) => handle(call.request as never, call),
  );
  return (transport, callback) => {
    const { call, end } = openCall(method, transport, maxDeadlineMs);
    withCall(call, () => chain(call))
      .then((response) => callback(null, Buffer.from(definition.responseType.encode(response).finish())))
      .catch((error: AppError) => callback(toServiceError(error)))
      .finally(end);
  };
}

function openCall(method: RpcMethod, transport: ServerUnaryCall<Buffer, Buffer>, maxDeadlineMs: number) {
  const now = Date.now();
  const deadline = Math.min(Number(transport.getDeadline()), now + maxDeadlineMs);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(toDeadlineReason()), Math.max(0, deadline - now));
  // grpc-js says `cancelled` at the end of every call: by then the signal has no listener any more
  transport.on('cancelled', () => controller.abort(Date.now() >= deadline ? toDeadlineReason() : toCancelReason()));
  const metadata = toTextMetadata(transport.metadata);
  const call = {
    method,
    metadata,
    peer: transport.getPeer(),
    requestId: metadata.get('x-request-id') ?? uuidv7(),
    deadline,
    signal: controller.signal,
    request: undefined,
    bytes: transport.request,
  } satisfies OpenCall;
  return { call: call as unknown as RpcCall, end: () => clearTimeout(timer) };
}

function toTextMetadata(metadata: Metadata): ReadonlyMap<string, string> {
  const entries = Object.entries(metadata.getMap()).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return new Map(entries);
}

function toServiceError(error: AppError) {
  const { code, message, details } = toWireStatus(error);
  const metadata = new Metadata();
  if (details) metadata.set(statusDetailsKey, Buffer.from(details));
  return { code, details: message, metadata };
}
