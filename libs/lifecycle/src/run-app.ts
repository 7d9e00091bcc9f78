import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@gatehouse/observability';
import { ConfigError } from './config-error';
import { toReport } from './error-report';

/** The whole content of a process: what `createUserApp(config)` gives. */
export interface App {
  /** Where stray errors are written; without one, stderr. */
  readonly logger?: Pick<Logger, 'error'>;
  readonly shutdown?: ShutdownTimes;
  listen(): Promise<void>;
  /** Says that the process is not ready any more; it goes on serving. */
  drain?(): void;
  /** Answers what is in flight, flushes, gives everything back. */
  close(): Promise<void>;
}

/** Milliseconds. */
export interface ShutdownTimes {
  /** How long to go on serving, not ready any more. */
  readonly graceMs: number;
  /** How long closing may take after that. */
  readonly timeoutMs: number;
}

// one wish to stop may come twice: a shell and a supervisor both pass it on. Milliseconds.
const sameWishMs = 1_000;
// within which a process has made its first connections and fetched what it needs. Milliseconds.
const settledMs = 1_000;
const defaultTimes: ShutdownTimes = { graceMs: 0, timeoutMs: 10_000 };

/**
 * Runs an app as a process. SIGTERM, SIGINT and SIGHUP, which a terminal sends as it closes: not ready, grace, close, exit 0, under one timer. A second signal, unless it
 * echoes the first within a second, a close that fails or is late, a start that fails and an uncaught exception: exit 1. An
 * unhandled rejection is logged, no more.
 */
export async function runApp(create: () => App | Promise<App>): Promise<void> {
  let app: App | undefined;
  let stoppingSince: number | undefined;

  const report = (message: string, error: unknown) =>
    app?.logger ? app.logger.error(message, { exception: error }) : console.error(`${message}: ${toReport(error)}`);
  const fail = (message: string, error: unknown): never => {
    report(message, error);
    process.exit(1);
  };
  const stop = async (started: Promise<void>) => {
    if (stoppingSince !== undefined) {
      if (Date.now() - stoppingSince < sameWishMs) return;
      process.exit(1);
    }
    stoppingSince = Date.now();
    const { graceMs, timeoutMs } = app?.shutdown ?? defaultTimes;
    setTimeout(() => fail('the process did not end in time', new Error(`closing took more than ${timeoutMs} ms`)), graceMs + timeoutMs);
    app?.drain?.();
    await pause(graceMs);
    await started;
    await app?.close();
    process.exit(0);
  };
  process.on('unhandledRejection', (error) => report('nothing handled this rejection', error));
  process.on('uncaughtException', (error) => fail('nothing caught this exception', error));

  // a turn later, so that a signal finds its handlers however early it comes
  const started = Promise.resolve().then(async () => {
    app = await create();
    await app.listen();
    setTimeout(collectStart, settledMs).unref();
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => void stop(started).catch((error) => fail('the process did not end cleanly', error)));
  await started.catch((error) => {
    if (error instanceof ConfigError) console.error(error.message);
    else report('the process could not start', error);
    process.exit(1);
  });
}

/** Where Node was started with --expose-gc: what the start left behind is a tenth of a process at rest. */
const collectStart = () => void globalThis.gc?.({ type: 'major', execution: 'async', flavor: 'last-resort' });
