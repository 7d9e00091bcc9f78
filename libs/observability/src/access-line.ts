import type { AppError } from '@gatehouse/errors';
import type { LogFields } from './log-fields';
import type { Logger } from './logger';

/**
 * Writes the one line a process logs of a request. What led to an error is told here and nowhere else, and only where
 * somebody other than the caller has to act on it.
 */
export function logOutcome(logger: Logger, fields: LogFields & { duration_ms: number }, error: AppError | undefined): void {
  const line = { ...fields, duration_ms: Math.round(fields.duration_ms * 1000) / 1000 };
  if (!error) return logger.info('call', line);
  const { reason, kind, code, metadata } = error;
  const failure = { ...line, reason, error_id: metadata['error_id'] };
  const cause = error.cause ?? error;
  // a caller that went away broke nothing
  if (kind === 'domain' || code === 'CANCELLED') logger.info('call', failure);
  else if (kind === 'infrastructure') logger.warn('call', { ...failure, error: cause });
  else logger.error('call', { ...failure, error: cause });
}
