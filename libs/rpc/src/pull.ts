/** Takes items one after the other; the next may be looked at before it is taken. */
export interface Pull<T> {
  peek(): Promise<T | undefined>;
  take(): Promise<T | undefined>;
}

/** `next` gives undefined when there are no more. It runs when an item is asked for, never ahead. */
export function createPull<T>(next: () => Promise<T | undefined>): Pull<T> {
  let ahead: Promise<T | undefined> | undefined;
  return {
    peek: () => (ahead ??= next()),
    take() {
      const taken = ahead ?? next();
      ahead = undefined;
      return taken;
    },
  };
}

/** The promise's outcome, or the signal's reason if that comes first. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
