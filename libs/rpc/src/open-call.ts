import type { Message } from '@bufbuild/protobuf';
import { Metadata, type ServerDuplexStream, type ServerUnaryCall } from '@grpc/grpc-js';
import { unavailable } from '@gatehouse/contracts/api';
import { v7 as uuidv7 } from 'uuid';
import type { RpcCall, RpcInterceptor } from './call';
import { findConfidential } from './confidential';
import type { AnyHandler, MethodDefinition } from './definition';
import { toCallError, toCancelReason, toDeadlineReason } from './errors';
import type { RpcMethod } from './method';
import { isSpent, writePushback } from './retry-pushback';
import { readSubjectNames } from './subject-names';
import { statusDetailsKey, toWireStatus } from './wire-status';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A call on its way through the chain: `decode` adds what its bytes say. */
export interface OpenCall extends Omit<Mutable<RpcCall>, 'message'> {
  message?: Message;
  /** Gives the next request's bytes; undefined when there are no more. */
  receive(): Promise<Uint8Array | undefined>;
  /** Says that something was sent or received. */
  touch(): void;
}

/** Milliseconds. */
export interface CallLimits {
  /** The longest a call may take that is not long-lived. */
  readonly maxDeadlineMs: number;
  /** How long a long-lived call may be without a message, and how long it may go on at all. */
  readonly maxIdleMs: number;
  readonly maxAgeMs: number;
}

export interface HandlerOptions {
  method: RpcMethod;
  definition: MethodDefinition;
  handle: AnyHandler;
  /** Outermost first; `createDecode` is among them. */
  interceptors: readonly RpcInterceptor[];
  limits: CallLimits;
  /** Holds each call as long as it is open. */
  openCalls: Set<RpcCall>;
}

/** Joins the interceptors and what they are around. */
export const toChain = (interceptors: readonly RpcInterceptor[], innermost: (call: RpcCall) => Promise<unknown>): ((call: RpcCall) => Promise<unknown>) =>
  interceptors.reduceRight<(call: RpcCall) => Promise<unknown>>((next, interceptor) => async (call) => interceptor(call, () => next(call)), innermost);

/** Makes what the chain knows of a call, and watches over its time. `close` says that it has its answer. */
export function openCall(
  { method, limits, openCalls }: Pick<HandlerOptions, 'method' | 'limits' | 'openCalls'>,
  transport: ServerUnaryCall<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  receive: (call: OpenCall) => Promise<Uint8Array | undefined>,
): { call: OpenCall & RpcCall; close: () => void } {
  const now = Date.now();
  const deadline = Math.min(Number(transport.getDeadline()), method.isLongLived ? Infinity : now + limits.maxDeadlineMs);
  const controller = new AbortController();
  const metadata = toTextMetadata(transport.metadata);
  const timers: NodeJS.Timeout[] = [];
  const endIn = (ms: number, toReason: () => unknown) => void timers.push(setTimeout(() => controller.abort(toReason()), Math.max(0, ms)));
  let idle: NodeJS.Timeout | undefined;
  const call = {
    method,
    metadata,
    responseMetadata: new Map<string, string>(),
    peer: transport.getPeer(),
    peerNames: () => readSubjectNames(transport.getAuthContext().sslPeerCertificate?.subjectaltname),
    requestId: findRequestId(metadata) ?? uuidv7(),
    deadline,
    signal: controller.signal,
    request: undefined,
    receive: () => receive(call),
    confidential: () => (call.message ? findConfidential(method.descriptor.input, call.message) : []),
    firstMessage: async () => call.message,
    touch: () => void idle?.refresh(),
    end: (error) => controller.abort(error),
  } as OpenCall;
  const open = call as OpenCall & RpcCall;
  openCalls.add(open);
  // nobody waits longer than a day, and no timer can
  if (deadline !== Infinity) endIn(Math.min(deadline - now, 86_400_000), toDeadlineReason);
  if (method.isLongLived) {
    endIn(limits.maxAgeMs, toResumeReason);
    idle = setTimeout(() => controller.abort(toResumeReason()), limits.maxIdleMs);
  }
  // grpc-js says `cancelled` at the end of every call
  transport.on('cancelled', () => {
    if (openCalls.has(open)) controller.abort(Date.now() >= deadline ? toDeadlineReason() : toCancelReason());
  });
  const close = () => {
    openCalls.delete(open);
    clearTimeout(idle);
    timers.forEach(clearTimeout);
  };
  return { call: open, close };
}

/** The reason with which a long-lived call ends that may be taken up again at once, here or elsewhere. */
export const toResumeReason = () => unavailable({ retryDelayMs: 0 });

/** The caller's request id, if it is one: it is written into logs and onto other calls. */
function findRequestId(metadata: ReadonlyMap<string, string>): string | undefined {
  const id = metadata.get('x-request-id');
  return id !== undefined && /^[\w.:/-]{1,128}$/.test(id) ? id : undefined;
}

/** The entries that are text. */
export function toTextMetadata(metadata: Metadata): ReadonlyMap<string, string> {
  const entries = Object.entries(metadata.getMap()).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return new Map(entries);
}

/** What goes before the answer, if anything does. */
export function sendResponseMetadata(transport: { sendMetadata(metadata: Metadata): void }, { responseMetadata }: Pick<RpcCall, 'responseMetadata'>): void {
  const metadata = new Metadata();
  for (const [key, value] of responseMetadata) metadata.set(key, value);
  transport.sendMetadata(metadata);
}

/** What grpc-js sends for whatever a call ended with. */
export function toServiceError(thrown: unknown, call: Pick<RpcCall, 'method' | 'signal' | 'metadata'>) {
  // an observer outside of `errors` may have thrown something else
  const error = toCallError(thrown, call);
  const { code, message, details } = toWireStatus(error, call.metadata.get('accept-language'));
  const metadata = new Metadata();
  if (isSpent(error)) writePushback(metadata);
  metadata.set(statusDetailsKey, toBuffer(details));
  return { code, details: message, metadata };
}

/** The same bytes as grpc-js wants them. */
export const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
