export interface BackgroundWorkOptions {
  /** Whether there is what the work needs. */
  isActive: () => boolean;
  onError: (error: unknown) => void;
}

/** What a process does again and again beside its calls. */
export interface BackgroundWork {
  /** Runs `work` each `ms` milliseconds while there is what it needs; not while it still runs. The signal aborts at `close`. */
  every(ms: number, work: (signal: AbortSignal) => Promise<unknown>): void;
  /** Begins nothing more; resolves when what runs has ended. */
  close(): Promise<void>;
}

/** Runs work in the background, which keeps no process alive. */
export function createBackgroundWork({ isActive, onError }: BackgroundWorkOptions): BackgroundWork {
  const timers: NodeJS.Timeout[] = [];
  const running = new Set<Promise<void>>();
  const closing = new AbortController();
  return {
    every(ms, work) {
      let isRunning = false;
      const run = async () => {
        isRunning = true;
        try {
          await work(closing.signal);
        } catch (error) {
          onError(error);
        } finally {
          isRunning = false;
        }
      };
      const begin = () => {
        if (isRunning || closing.signal.aborted || !isActive()) return;
        const done = run().finally(() => running.delete(done));
        running.add(done);
      };
      timers.push(setInterval(begin, ms).unref());
    },
    async close() {
      timers.forEach(clearInterval);
      closing.abort();
      await Promise.all(running);
    },
  };
}
