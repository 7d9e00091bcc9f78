import type { AppError } from '@gatehouse/errors';
import type { Framing } from './frames';
import type { Problem } from './problem';
import type { Rendered } from './render';

export interface SendOptions {
  readonly framing: Framing;
  readonly render: (bytes: Uint8Array) => Rendered;
  readonly heartbeatMs: number;
  /** Told of the error with which a stream ends that has begun; gives how the caller sees it. */
  readonly onError: (error: unknown) => { error: AppError; problem: Problem };
}

/**
 * The frames of a stream of responses. Each is read when the one before has been taken, but for one that is read ahead, so
 * that there can be a heartbeat while nothing comes.
 */
export async function* toFrames(
  responses: AsyncIterator<Uint8Array>,
  first: Promise<IteratorResult<Uint8Array>>,
  { framing, render, heartbeatMs, onError }: SendOptions,
): AsyncGenerator<string | Uint8Array> {
  let next = first;
  try {
    for (;;) {
      while (framing.heartbeat !== undefined && !(await isSettledWithin(next, heartbeatMs))) yield framing.heartbeat;
      const { done, value } = await next;
      if (done) break;
      next = responses.next();
      // it may fail while the frame before it is still being taken
      next.catch(() => {});
      yield framing.toMessage(render(value));
    }
    if (framing.end) yield framing.end;
  } catch (thrown) {
    const { error, problem } = onError(thrown);
    if (!framing.toError) throw error;
    yield framing.toError(error, problem);
  } finally {
    void Promise.resolve(responses.return?.()).catch(() => {});
  }
}

async function isSettledWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, ms, false)));
  const settled = promise.then(
    () => true,
    () => true,
  );
  const isSettled = await Promise.race([settled, late]);
  clearTimeout(timer);
  return isSettled;
}
