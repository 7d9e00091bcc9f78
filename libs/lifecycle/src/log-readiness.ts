import type { Logger } from '@gatehouse/observability';
import type { ReadinessOptions } from './readiness';

/** Logs when a process becomes ready or ceases to be, and why a check fails; tells `onReady` as well. */
export function logReadiness(
  logger: Pick<Logger, 'info' | 'warn'>,
  onReady: (ready: boolean) => void = () => {},
): Pick<ReadinessOptions, 'onChange' | 'onCheck'> {
  return {
    onChange(ready) {
      onReady(ready);
      logger.info(ready ? 'ready' : 'not ready');
    },
    onCheck: (check, error) => (error === undefined ? logger.info('check well again', { check }) : logger.warn('check failing', { check, exception: error })),
  };
}
