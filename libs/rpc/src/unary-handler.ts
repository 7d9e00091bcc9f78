import { fromBinary, type Message } from '@bufbuild/protobuf';
import { type handleUnaryCall, Metadata, type ServerUnaryCall } from '@grpc/grpc-js';
import { requestUnreadable } from '@gatehouse/contracts/api';
import { v7 as uuidv7 } from 'uuid';
import { type RpcCall, type RpcInterceptor, withCall } from './call';
import type { MethodDefinition } from './definition';
import { toCallError, toCancelReason, toDeadlineReason } from './errors';
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
  /** Holds what aborts each call, as long as it is open. */
  openCalls: Set<AbortController>;
}

/**
 * The one place where a handler, an async function that throws, meets grpc-js, whose handlers call back. Whatever happens
 * inside, the caller gets exactly one answer and the process lives. The chain gives the response's bytes, so that one
 * which cannot be encoded is a defect of the handler like any other.
 */
export function createUnaryHandler({ method, definition, handle, interceptors, maxDeadlineMs, openCalls }: UnaryHandlerOptions): handleUnaryCall<Buffer, Buffer> {
  const chain = interceptors.reduceRight<(call: RpcCall) => Promise<unknown>>(
    (next, interceptor) => async (call) => interceptor(call, () => next(call)),
    async (call) => definition.responseType.encode(await handle(call.request as never, call)).finish(),
  );
  return (transport, callback) => {
    const { call, end } = openCall(method, transport, maxDeadlineMs, openCalls);
    void withCall(call, () => chain(call)).then(
      (bytes) => (end(), callback(null, toBuffer(bytes as Uint8Array))),
      (thrown: unknown) => (end(), callback(toServiceError(thrown, call))),
    );
  };
}

function openCall(method: RpcMethod, transport: ServerUnaryCall<Buffer, Buffer>, maxDeadlineMs: number, openCalls: Set<AbortController>) {
  const now = Date.now();
  const deadline = Math.min(Number(transport.getDeadline()), now + maxDeadlineMs);
  const controller = new AbortController();
  openCalls.add(controller);
  const timer = setTimeout(() => controller.abort(toDeadlineReason()), Math.max(0, deadline - now));
  // grpc-js says `cancelled` at the end of every call
  transport.on('cancelled', () => {
    if (openCalls.has(controller)) controller.abort(Date.now() >= deadline ? toDeadlineReason() : toCancelReason());
  });
  const metadata = toTextMetadata(transport.metadata);
  const call = {
    method,
    metadata,
    peer: transport.getPeer(),
    requestId: findRequestId(metadata) ?? uuidv7(),
    deadline,
    signal: controller.signal,
    request: undefined,
    bytes: transport.request,
  } satisfies OpenCall;
  const end = () => {
    openCalls.delete(controller);
    clearTimeout(timer);
  };
  return { call: call as unknown as RpcCall, end };
}

/** The caller's request id, if it is one: it is written into logs and onto other calls. */
function findRequestId(metadata: ReadonlyMap<string, string>): string | undefined {
  const id = metadata.get('x-request-id');
  return id !== undefined && /^[\w.:/-]{1,128}$/.test(id) ? id : undefined;
}

function toTextMetadata(metadata: Metadata): ReadonlyMap<string, string> {
  const entries = Object.entries(metadata.getMap()).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return new Map(entries);
}

function toServiceError(thrown: unknown, call: RpcCall) {
  // an observer outside of `errors` may have thrown something else
  const { code, message, details } = toWireStatus(toCallError(thrown, call));
  const metadata = new Metadata();
  metadata.set(statusDetailsKey, toBuffer(details));
  return { code, details: message, metadata };
}

const toBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
