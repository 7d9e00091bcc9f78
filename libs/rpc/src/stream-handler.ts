import type { handleBidiStreamingCall, ServerDuplexStream } from '@grpc/grpc-js';
import type { Message } from '@bufbuild/protobuf';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type RpcCall, withCall } from './call';
import { decodeInto } from './decode';
import { readMessage, writeMessage } from './message-stream';
import { type HandlerOptions, type OpenCall, openCall, sendResponseMetadata, toBuffer, toChain, toServiceError } from './open-call';
import { createPull, raceAbort } from './pull';

type Transport = ServerDuplexStream<Buffer, Buffer>;

// A caller hears that it was let in, though there is nothing to say yet; until then an error can still come in place of an answer. Milliseconds.
const silenceMs = 300;

export interface StreamHandlerOptions extends HandlerOptions {
  /** Holds each request of a stream to the rules of its contract. */
  check: (method: RpcCall['method'], message: Message) => void;
}

/**
 * Where a handler of a streaming method meets grpc-js. All kinds are one to the transport: any number of messages both ways,
 * one where the method says so. Nothing is read before it is asked for, nothing written before the reader has room, and
 * whatever happens inside, the caller gets exactly one status.
 */
export function createStreamHandler(options: StreamHandlerOptions): handleBidiStreamingCall<Buffer, Buffer> {
  const { definition, handle, interceptors } = options;
  const opened = new WeakMap<RpcCall, { transport: Transport; requests: AsyncIterable<unknown> | undefined }>();
  const chain = toChain(interceptors, async (call) => {
    const { transport, requests } = opened.get(call)!;
    const output = handle((requests ?? call.request) as never, call);
    const send = (response: unknown) => {
      (call as unknown as OpenCall).touch();
      return writeMessage(transport, toBuffer(definition.responseType.encode(response).finish()), call.signal);
    };
    if (!definition.responseStream) {
      const response = await output;
      if (call.responseMetadata.size) sendResponseMetadata(transport, call);
      return send(response);
    }
    await sendAll(output as AsyncIterable<unknown>, send, call, transport);
  });
  return (transport) => {
    const { call, close } = openCall(options, transport, async ({ touch, signal }) => {
      touch();
      const message = await readMessage(transport, signal);
      if (message) return message;
      // a call that is cancelled looks for a moment as if its requests had ended: half of a stream must not pass for the whole
      for (let turn = 0; turn < 3; turn++) await nextTurn();
      signal.throwIfAborted();
      return undefined;
    });
    opened.set(call, { transport, requests: definition.requestStream ? createRequests(call, options) : undefined });
    void withCall(call, () => chain(call)).then(
      () => (close(), transport.end()),
      (thrown: unknown) => {
        close();
        // grpc-js's way to end a stream with a status
        if (!transport.destroyed) transport.emit('error', toServiceError(thrown, call));
      },
    );
  };
}

/** What the handler iterates: each request decoded and checked. One that is not right ends the call, also when the handler would go on. */
function createRequests(open: OpenCall, { definition, check }: StreamHandlerOptions): AsyncIterable<unknown> {
  const pull = createPull(async () => {
    const bytes = await open.receive();
    if (!bytes) return undefined;
    const item: Pick<OpenCall, 'method' | 'message' | 'request'> = { method: open.method, request: undefined };
    try {
      decodeInto(item, definition, bytes);
    } catch (error) {
      open.end(error as never);
      throw error;
    }
    return item;
  });
  open.firstMessage = async () => (await pull.peek())?.message;
  return {
    async *[Symbol.asyncIterator]() {
      for (let item = await pull.take(); item; item = await pull.take()) {
        try {
          check(open.method, item.message!);
        } catch (error) {
          open.end(error as never);
          throw error;
        }
        yield item.request;
      }
    },
  };
}

async function sendAll(output: AsyncIterable<unknown>, send: (response: unknown) => Promise<void>, call: RpcCall, transport: Transport): Promise<void> {
  const iterator = output[Symbol.asyncIterator]();
  let isOver = false;
  let greeting: NodeJS.Timeout | undefined = setTimeout(() => greet(), silenceMs);
  const greet = () => {
    if (!greeting) return;
    clearTimeout(greeting);
    greeting = undefined;
    sendResponseMetadata(transport, call);
  };
  try {
    for (;;) {
      const { done, value } = await raceAbort(iterator.next(), call.signal);
      isOver = done === true;
      if (isOver) return;
      greet();
      await send(value);
    }
  } finally {
    clearTimeout(greeting);
    // its `finally` blocks run as soon as it looks up; nobody waits for that
    if (!isOver) void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
