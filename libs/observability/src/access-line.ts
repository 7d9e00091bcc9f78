import type { AppError } from '@gatehouse/errors';
import type { Logger } from './logger';

/**
 * Writes the one line a process logs of a request. What led to an error is told here and nowhere else, and only where
 * somebody other than the caller has to act on it.
 */
export function logOutcome(logger: Logger, { duration_ms, ...fields }: Readonly<Record<string, unknown>> & { duration_ms: number }, error: AppError | undefined): void {
  const line = { ...fields, duration_ms: Math.round(duration_ms * 1000) / 1000 };
  if (!error) return logger.info('call', line);
  const { reason, kind, metadata } = error;
  const errorId = metadata?.['error_id'];
  const failure = { ...line, reason, ...(errorId ? { error_id: errorId } : {}) };
  if (kind === 'domain') logger.info('call', failure);
  else if (kind === 'infrastructure') logger.warn('call', { ...failure, error: error.cause ?? error });
  else logger.error('call', { ...failure, error: error.cause ?? error });
}
