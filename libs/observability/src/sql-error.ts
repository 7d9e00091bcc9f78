import { isAppError } from '@gatehouse/errors';
import { other } from './metrics';

/** Whether its caller has gone away: who cancels gets what they asked for. */
export const isCancelled = (error: unknown): boolean => isAppError(error) && error.code === 'CANCELLED';

/** The SQLSTATE, or the code of what it was made into where PostgreSQL did not answer; empty without an error. */
export const toErrorType = (error: unknown): string => (error === undefined ? '' : (findSqlState(error) ?? (isAppError(error) ? error.code : other)));

/** The SQLSTATE in an error's chain of causes. None begins with E, but EPIPE and its like do. */
export function findSqlState(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && /^(?!E)[0-9A-Z]{5}$/.test(code)) return code;
  }
  return undefined;
}
