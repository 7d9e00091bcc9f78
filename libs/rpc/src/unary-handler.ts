import type { handleUnaryCall } from '@grpc/grpc-js';
import { withCall } from './call';
import { type HandlerOptions, openCall, sendResponseMetadata, toBuffer, toChain, toServiceError } from './open-call';

/**
 * The one place where a handler of a unary method, an async function that throws, meets grpc-js, whose handlers call back.
 * Whatever happens inside, the caller gets exactly one answer and the process lives. The chain gives the response's bytes,
 * so that one which cannot be encoded is a defect of the handler like any other.
 */
export function createUnaryHandler(options: HandlerOptions): handleUnaryCall<Buffer, Buffer> {
  const { definition, handle, interceptors } = options;
  const chain = toChain(interceptors, async (call) => definition.responseType.encode(await handle(call.request as never, call)).finish());
  return (transport, callback) => {
    const { call, close } = openCall(options, transport, async () => transport.request);
    void withCall(call, () => chain(call)).then(
      (bytes) => {
        close();
        if (call.responseMetadata.size) sendResponseMetadata(transport, call);
        callback(null, toBuffer(bytes as Uint8Array));
      },
      (thrown: unknown) => (close(), callback(toServiceError(thrown, call))),
    );
  };
}
