import type { AppError } from '@gatehouse/errors';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

const pingMs = 30_000;
// a reader that takes nothing for so long is none any more. Milliseconds.
const stalledAfterMs = 60_000;
// for the last frame, and for the other end to close too. Milliseconds.
const farewellMs = 1_000;

/** Waits until the frame has left, so that a slow reader slows the producer. @throws the signal's reason, or an Error when the reader takes nothing */
export function writeFrame(stream: Duplex, text: string, signal?: AbortSignal, ms = stalledAfterMs): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: unknown) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    };
    const onAbort = () => settle(signal!.reason);
    const timer = setTimeout(() => settle(new Error('the reader takes nothing')), ms);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    stream.write(text, (error) => settle(error));
  });
}

/** Says the last word, if there is one, closes, and breaks off what does not close. */
export async function farewell(webSocket: WebSocket, stream: Duplex, lastFrame: string | undefined, error: AppError | undefined): Promise<void> {
  if (lastFrame !== undefined) await writeFrame(stream, lastFrame, undefined, farewellMs).catch(() => {});
  webSocket.close(toCloseCode(error), error?.reason.slice(0, 100));
  setTimeout(() => webSocket.terminate(), farewellMs).unref();
}

/** Pings, and breaks off a connection whose other end is no longer there. One that is held back cannot answer, and is asked again. */
export function keepAlive(webSocket: WebSocket): void {
  let isAlive = true;
  webSocket.on('pong', () => (isAlive = true));
  const timer = setInterval(() => {
    if (!isAlive && !webSocket.isPaused) return webSocket.terminate();
    isAlive = false;
    webSocket.ping();
  }, pingMs);
  webSocket.once('close', () => clearInterval(timer));
}

/** RFC 6455 §7.4.1, and 1013 of its registry: try again later. */
function toCloseCode(error: AppError | undefined): number {
  switch (error?.code) {
    case undefined:
      return 1000;
    case 'INVALID_ARGUMENT':
      return 1007;
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
      return 1008;
    case 'UNAVAILABLE':
    case 'RESOURCE_EXHAUSTED':
      return 1013;
    default:
      return 1011;
  }
}
