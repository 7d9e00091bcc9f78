import { type Client, connectivityState } from '@grpc/grpc-js';

/**
 * Waits a moment for a connection that is being made anew, so that a callee that restarts fails no call. Nothing was sent
 * yet, so any call may wait. What is not connected after that is told by the call itself.
 * @param until in milliseconds since the epoch
 */
export async function untilConnected(client: Client, until: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || client.getChannel().getConnectivityState(true) === connectivityState.READY) return;
  await new Promise<void>((resolve) => {
    const onAbort = () => resolve();
    signal.addEventListener('abort', onAbort, { once: true });
    client.waitForReady(until, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
