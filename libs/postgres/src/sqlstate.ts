import { types } from 'node:util';
import { cancelled, conflict, deadlineExceeded, internal, unavailable, validationFailed } from '@gatehouse/contracts/api';
import { type AppError, type ErrorOptions, isAppError } from '@gatehouse/errors';
import { DatabaseError } from 'pg';
import type { ConstraintErrors } from './statement';

const unstorable = (options: ErrorOptions) =>
  validationFailed({
    ...options,
    violations: [{ field: '', description: 'a value holds what cannot be stored, such as the character U+0000', reason: 'unstorable' }],
  });
// Nothing of a transaction that was rolled back is left: the caller may try again.
const rolledBack = (options: ErrorOptions) => conflict({ retryDelayMs: 100, ...options });

/** SQLSTATEs, or their classes, and what they mean (PostgreSQL, appendix A). What is not here is our defect. */
const errors: Readonly<Record<string, (options: ErrorOptions) => AppError>> = {
  '40001': rolledBack, // serialization_failure
  '40P01': rolledBack, // deadlock_detected
  '55P03': rolledBack, // lock_not_available
  '57014': deadlineExceeded, // query_canceled, by statement_timeout
  '25P03': deadlineExceeded, // idle_in_transaction_session_timeout
  '25P04': deadlineExceeded, // transaction_timeout
  '25006': unavailable, // read_only_sql_transaction: a standby
  '08': unavailable, // connection_exception
  '55000': unavailable, // object_not_in_prerequisite_state: a database that takes no connections now
  '28': unavailable, // invalid_authorization_specification: the operator's to mend
  '3D000': unavailable, // invalid_catalog_name: no such database yet
  '53': unavailable, // insufficient_resources: too_many_connections, disk_full, out_of_memory
  '57P': unavailable, // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped
  '22021': unstorable, // character_not_in_repertoire
  '22P02': unstorable, // invalid_text_representation
  '22P05': unstorable, // untranslatable_character
};

const networkCodes = ['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'];
// pg has no codes for what it says itself of a connection.
const connectionMessages =
  /connection terminated|timeout exceeded when trying to connect|timeout expired|not queryable|calling end on the pool|connection ended|query read timeout/i;

/** The SQLSTATE that an error, or what caused it, carries. */
export function findSqlState(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof DatabaseError) return cause.code;
  return undefined;
}

/** Whether, by what a statement threw, its connection is broken, or keeps a plan of a table that has changed since. */
export const spoilsConnection = (error: unknown): boolean => /^(08|57P|25P0[34]|0A000)/.test(findSqlState(error) ?? '08');

/** The AppError of what pg threw. */
export function toAppError(cause: unknown, constraints: ConstraintErrors = {}): AppError {
  if (isAppError(cause)) return cause;
  if (cause instanceof DatabaseError && cause.code) {
    // It quotes the row, `Key (email)=(ada@example.com) already exists`, and the cause is logged.
    cause.detail = undefined;
    const known = cause.constraint === undefined ? undefined : constraints[cause.constraint];
    const create = known ?? errors[cause.code] ?? errors[cause.code.slice(0, 3)] ?? errors[cause.code.slice(0, 2)];
    if (create) return create({ cause });
  } else if (types.isNativeError(cause)) {
    const { code } = cause as NodeJS.ErrnoException;
    if ((code && networkCodes.includes(code)) || connectionMessages.test(cause.message)) return unavailable({ cause });
  }
  return internal({ cause });
}

/** The AppError of a signal that is aborted: its own reason, or that the caller went away. */
export const toAbortError = (signal: AbortSignal): AppError => (isAppError(signal.reason) ? signal.reason : cancelled({ cause: signal.reason }));
