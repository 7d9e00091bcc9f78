import type { AppError } from '@gatehouse/errors';
import type { LogFields } from './log-fields';
import type { Logger } from './logger';
import { isStatus } from './quoting-errors';

/** Who makes a request, as far as it is known. */
export type Caller = { readonly kind: 'user'; readonly id: string } | { readonly kind: 'service'; readonly name: string } | { readonly kind: 'anonymous' };

/** What a line says of the caller: a user's id or a service's name, nothing of an anonymous one. */
export function toCallerFields(caller: Caller | undefined): Pick<LogFields, 'user.id' | 'service.peer.name'> {
  if (caller?.kind === 'user') return { 'user.id': caller.id };
  return caller?.kind === 'service' ? { 'service.peer.name': caller.name } : {};
}

/** To the microsecond. */
export const toMilliseconds = (duration: number): number => Math.round(duration * 1000) / 1000;

/**
 * Writes the one line a process logs of a request. What led to an error is told here and nowhere else, and only where
 * somebody other than the caller has to act on it.
 */
export function logOutcome(logger: Logger, line: LogFields, error: AppError | undefined): void {
  if (!error) return logger.info('call', line);
  const { kind, code } = error;
  const failure = { ...line, reason: keep(reasonForm, error.reason), error_id: keep(idForm, error.metadata['error_id']) };
  // who made an error tells what led to it
  const exception = isHandedOn(error) ? undefined : (error.cause ?? error);
  // a caller that went away broke nothing
  if (kind === 'domain' || code === 'CANCELLED') logger.info('call', failure);
  else if (kind === 'infrastructure') logger.warn('call', { ...failure, exception });
  else logger.error('call', { ...failure, exception });
}

/** Whether an error of ours came over the wire: it has no declaration here, and a status as its cause. */
const isHandedOn = ({ declaration, cause }: AppError): boolean => !declaration && cause instanceof Error && isStatus(cause);

// both come over the wire: whoever wrote them, no text of a person gets through
const reasonForm = /^[A-Z][A-Z0-9_]{0,62}$/;
const idForm = /^[\da-f-]{36}$/;
const keep = (form: RegExp, text: string | undefined) => (text !== undefined && form.test(text) ? text : undefined);
