/** The gRPC status codes that are errors, by their names (google.rpc.Code). */
export const errorCodes = [
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/**
 * Who has to act: `domain`, the caller can; `infrastructure`, a part could not be reached or was too slow, the operator
 * can; `defect`, we can.
 */
export type ErrorKind = 'domain' | 'infrastructure' | 'defect';

/** What is wrong with one field of the request (google.rpc.BadRequest.FieldViolation). */
export interface FieldViolation {
  /** Path in JSON names, `tags[1].name`; empty for the request itself. */
  field: string;
  description: string;
  /** Id of the broken rule: `string.min_len`, `unknown_field`. */
  reason?: string;
}

/** What the place that raises an error can add to what its reason declares. */
export interface ErrorOptions {
  /** What led to it. Logged at the process boundary, never sent. */
  cause?: unknown;
  violations?: readonly FieldViolation[];
  /** When a retry may succeed, in milliseconds from now (google.rpc.RetryInfo). */
  retryDelayMs?: number;
}

export interface AppErrorInit extends ErrorOptions {
  code: ErrorCode;
  /** UPPER_SNAKE, unique in its domain, declared in a contract. */
  reason: string;
  /** Who declares the reason: `user.gatehouse`. */
  domain: string;
  /** What the caller reads. Holds nothing internal. */
  message: string;
  kind?: ErrorKind;
  metadata?: Readonly<Record<string, string>>;
  /** The HTTP status where HTTP has a better one than the code's own. */
  httpStatus?: number;
}

const infrastructureCodes: readonly ErrorCode[] = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED'];
const toKind = ({ kind, code }: AppErrorInit): ErrorKind => kind ?? (code === 'INTERNAL' ? 'defect' : infrastructureCodes.includes(code) ? 'infrastructure' : 'domain');

/**
 * The one error of Gatehouse. Code, reason, domain, message, metadata and details cross the wire; kind and cause stay in
 * the process. Made by the constructors of a contract (`userNotFound()`), not by hand. One of kind `domain` has no stack.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly reason: string;
  readonly domain: string;
  readonly kind: ErrorKind;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly retryDelayMs: number | undefined;
  readonly httpStatus: number | undefined;

  constructor(init: AppErrorInit) {
    const { stackTraceLimit } = Error;
    // what a caller did wrong is known by its reason, and is raised by the thousand: a stack would cost more than all else of it
    if (toKind(init) === 'domain') Error.stackTraceLimit = 0;
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.code = init.code;
    this.reason = init.reason;
    this.domain = init.domain;
    this.kind = toKind(init);
    this.metadata = init.metadata ?? {};
    this.violations = init.violations ?? [];
    this.retryDelayMs = init.retryDelayMs;
    this.httpStatus = init.httpStatus;
  }
}

/** Whether `error` is an AppError, of the reason if one is given. */
export function isAppError(error: unknown, reason?: string): error is AppError {
  return error instanceof AppError && (reason === undefined || error.reason === reason);
}
