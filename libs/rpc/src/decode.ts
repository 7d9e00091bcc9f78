import { fromBinary } from '@bufbuild/protobuf';
import { requestUnreadable } from '@gatehouse/contracts/api';
import type { RpcInterceptor } from './call';
import type { MethodDefinition } from './definition';
import type { OpenCall } from './open-call';

/** Reads a request's bytes, as the ts-proto message for the handler and as the protobuf-es message for rules over its fields. */
export function decodeInto(call: Pick<OpenCall, 'method' | 'message' | 'request'>, definition: MethodDefinition, bytes: Uint8Array | undefined): void {
  if (!bytes) throw requestUnreadable();
  try {
    call.message = fromBinary(call.method.descriptor.input, bytes);
    call.request = definition.requestType.decode(bytes);
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
