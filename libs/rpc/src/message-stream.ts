import type { Readable, Writable } from 'node:stream';

// more than this is waited for on its own: a stream's own limit counts messages, not bytes
const largeBytes = 16 * 1024;

/**
 * Takes the next message from a stream of grpc-js; undefined at its end. One is taken when one is asked for, so that the
 * sender is held back by who reads. A stream that breaks off ends too: its status tells why.
 * @throws the signal's reason
 */
export function readMessage(stream: Readable, signal: AbortSignal): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      for (const event of ['readable', 'end', 'close']) stream.off(event, look);
      signal.removeEventListener('abort', onAbort);
    };
    const look = () => {
      const message = stream.read() as Uint8Array | null;
      if (message === null && !stream.readableEnded && !stream.destroyed) return;
      stop();
      resolve(message ?? undefined);
    };
    const onAbort = () => (stop(), reject(signal.reason));
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    for (const event of ['readable', 'end', 'close']) stream.on(event, look);
    look();
  });
}

/**
 * Puts a message into a stream of grpc-js, and waits as long as its reader is behind.
 * @throws the signal's reason
 */
export function writeMessage(stream: Writable, message: Buffer, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onAbort = () => reject(signal.reason);
    const done = () => (signal.removeEventListener('abort', onAbort), resolve());
    const isRoomLeft = stream.write(message, done) && message.length < largeBytes;
    if (isRoomLeft) resolve();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
