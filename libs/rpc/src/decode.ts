import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { requestUnreadable } from '@gatehouse/contracts/api';
import type { RpcInterceptor } from './call';
import { canonicalize } from './canonical-text';
import type { MethodDefinition } from './definition';
import type { OpenCall } from './open-call';

/**
 * Reads a request's bytes, as the protobuf-es message for rules over its fields and as the ts-proto message for the handler,
 * their strings in canonical form. The second is made of the first: each of the two decoders has a meaning of its own for bytes that no encoder writes, and a
 * caller could show one person to the access rule and another one to the handler.
 */
export function decodeInto(call: Pick<OpenCall, 'method' | 'message' | 'request'>, definition: MethodDefinition, bytes: Uint8Array | undefined): void {
  if (!bytes) throw requestUnreadable();
  const { input } = call.method.descriptor;
  try {
    call.message = fromBinary(input, bytes, { readUnknownFields: false });
    canonicalize(input, call.message);
    call.request = definition.requestType.decode(toBinary(input, call.message));
  } catch (cause) {
    throw requestUnreadable({ cause });
  }
}

/** Reads the one request of a call. A stream of requests is read as its handler asks for it. */
export const createDecode =
  (definition: MethodDefinition): RpcInterceptor =>
  async (call, next) => {
    const open = call as unknown as OpenCall;
    if (!definition.requestStream) decodeInto(open, definition, await open.receive());
    return next();
  };
