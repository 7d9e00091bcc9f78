/** The one request of a call, which every attempt gets again. */
export interface Replay {
  readonly requests: AsyncIterable<Uint8Array>;
  /** The request, once it came. */
  readonly find: () => Uint8Array | undefined;
}

/** Takes the first of what may be asked for only once. */
export function createReplay(source: AsyncIterable<Uint8Array>): Replay {
  const iterator = source[Symbol.asyncIterator]();
  let first: Promise<Uint8Array | undefined> | undefined;
  let request: Uint8Array | undefined;
  const letGo = async () => void (await iterator.return?.());
  const take = async () => {
    const { done, value } = await iterator.next();
    request = done ? undefined : value;
    void letGo().catch(() => {});
    return request;
  };
  const requests: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]() {
      let isGiven = false;
      return {
        async next() {
          const value = isGiven ? undefined : await (first ??= take());
          isGiven = true;
          return value ? { done: false, value } : { done: true, value: undefined };
        },
        async return() {
          if (!request) await letGo();
          return { done: true, value: undefined };
        },
      };
    },
  };
  return { requests, find: () => request };
}
