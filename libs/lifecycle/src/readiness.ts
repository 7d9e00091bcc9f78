/** Something the process cannot serve without. */
export interface ReadinessCheck {
  readonly name: string;
  /** Throws when it is missing. `signal` is aborted when the answer comes too late to count. */
  check(signal: AbortSignal): Promise<void>;
}

export type CheckState = 'ok' | 'failing';

export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckState>>;
}

export interface Readiness {
  isReady(): boolean;
  report(): ReadinessReport;
  /** Checks once, then again and again. */
  start(): Promise<void>;
  /** Not ready from now on, whatever the checks say. */
  drain(): void;
  close(): void;
}

export interface ReadinessOptions {
  checks: readonly ReadinessCheck[];
  /** Pause between two rounds, in milliseconds. */
  intervalMs?: number;
  /** How long a check may take before it counts as failing, in milliseconds. */
  timeoutMs?: number;
  onChange?: (ready: boolean) => void;
  /** Called when a check begins to fail, with its error, and when it is well again, without. */
  onCheck?: (name: string, error: unknown) => void;
}

// what a start waits for, such as keys that are on their way, is there in a moment: the first second is asked at short intervals. Milliseconds.
const startMs = 1_000;
const startIntervalMs = 50;

/** Asks the checks again and again, so that asking whether the process is ready costs nothing and waits for nobody. */
export function createReadiness({ checks, intervalMs = 500, timeoutMs = 1_000, onChange, onCheck }: ReadinessOptions): Readiness {
  const states = new Map<string, CheckState | undefined>(checks.map(({ name }) => [name, undefined]));
  let ready = false;
  let draining = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const madeAt = performance.now();

  const settle = () => {
    const now = !draining && [...states.values()].every((state) => state === 'ok');
    if (now === ready) return;
    ready = now;
    onChange?.(ready);
  };
  const note = (name: string, state: CheckState, error?: unknown) => {
    if (closed || states.get(name) === state) return;
    // well from the start is no news
    if (state === 'failing' || states.get(name) !== undefined) onCheck?.(name, error);
    states.set(name, state);
    settle();
  };
  const round = async () => {
    await Promise.all(
      checks.map(({ name, check }) =>
        within(timeoutMs, check).then(
          () => note(name, 'ok'),
          (error) => note(name, 'failing', error),
        ),
      ),
    );
    settle();
    const isStarting = !ready && performance.now() - madeAt < startMs;
    if (!closed) timer = setTimeout(round, isStarting ? Math.min(intervalMs, startIntervalMs) : intervalMs).unref();
  };
  return {
    isReady: () => ready,
    report: () => ({ ready, checks: Object.fromEntries([...states].map(([name, state]) => [name, state ?? 'failing'])) }),
    start: round,
    drain() {
      draining = true;
      settle();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

async function within(timeoutMs: number, check: ReadinessCheck['check']): Promise<void> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${timeoutMs} ms`);
      controller.abort(error);
      reject(error);
    }, timeoutMs);
  });
  try {
    await Promise.race([check(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
