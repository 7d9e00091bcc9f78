import { createDurations, type Logger, type MetricsRegistry } from '@gatehouse/observability';
import { Counter, Gauge } from 'prom-client';

interface RevocationsState {
  readonly held: number;
  readonly ageSeconds: number | undefined;
  readonly isConnected: boolean;
}

/** Measures how a process that verifies tokens follows what is revoked, and logs when that is lost and back. */
export function createRevocationsObserver({ registry, logger }: { registry: MetricsRegistry; logger: Logger }) {
  const registers = [registry];
  const begin = performance.now();
  let state: (() => RevocationsState) | undefined;
  const gauge = (name: string, help: string, read: (state: RevocationsState | undefined) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(state?.()));
      },
    });
  gauge('revocations_held', 'Revocations of tokens that have not expired, of which this process knows', (now) => now?.held ?? 0);
  gauge('revocations_feed_connected', 'Whether the feed of revocations was heard of in the last ten seconds', (now) => (now?.isConnected ? 1 : 0));
  gauge(
    'revocations_feed_age_seconds',
    'How long ago it was that revocations came, or word that there are none, in seconds; where none ever came, since the start',
    (now) => now?.ageSeconds ?? (performance.now() - begin) / 1000,
  );
  const lag = createDurations(registry, 'revocations_lag_seconds', 'How long after it was written a revocation counted here, in seconds', []);
  const folded = new Counter({
    name: 'revocations_folded_total',
    help: 'Revocations given up because there were too many: tokens of everybody from before them are renewed instead',
    registers,
  });
  // a process that starts waits for the first, which is no news
  let isTold = true;
  let isUnknownTold = false;
  return {
    open: (read: () => RevocationsState) => void (state = read),
    applied: (seconds: number) => lag.observe([], seconds),
    folded: (count: number) => folded.inc(count),
    connected() {
      if (!isTold) logger.info('the feed of revocations is back');
      isTold = true;
    },
    lost(error: unknown) {
      if (isTold) logger.warn('the feed of revocations is lost', { exception: error });
      isTold = false;
    },
    unknown() {
      if (!isUnknownTold) logger.warn('VerifierService is of a release that tells no revocations: tokens count until they expire');
      isUnknownTold = true;
    },
  };
}
