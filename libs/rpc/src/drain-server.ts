import type { Server } from '@grpc/grpc-js';

// What is left for the last answers to be written. Milliseconds.
const flushMs = 100;

/**
 * Sends GOAWAY and waits until each call has its answer. After `timeoutMs` it calls `cutCalls`, and a moment later closes
 * the connections that are still there.
 */
export async function drainServer(server: Server, addresses: Iterable<string>, timeoutMs: number, cutCalls: () => void): Promise<void> {
  // before tryShutdown, and not by forceShutdown: that one knows no connections while channelz is off
  for (const address of addresses) server.drain(address, timeoutMs + flushMs);
  await new Promise<void>((resolve) => {
    const cut = setTimeout(cutCalls, timeoutMs);
    const give = setTimeout(
      () => {
        server.forceShutdown();
        resolve();
      },
      timeoutMs + 2 * flushMs,
    );
    server.tryShutdown(() => {
      clearTimeout(cut);
      clearTimeout(give);
      resolve();
    });
  });
}
