import type { ErrorDeclaration } from './error-declaration';
import type { ErrorDetails } from './error-details';

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

/** What the place that raises an error can add to what its reason declares. */
export interface ErrorOptions extends ErrorDetails {
  /** What led to it. Logged at the process boundary, never sent. */
  cause?: unknown;
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
  /** What the contract says of the reason, where the error is raised. */
  declaration?: ErrorDeclaration;
}

const infrastructureCodes: readonly ErrorCode[] = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED'];
const toKind = ({ kind, code }: AppErrorInit): ErrorKind =>
  kind ?? (code === 'INTERNAL' ? 'defect' : infrastructureCodes.includes(code) ? 'infrastructure' : 'domain');

/**
 * The one error of Gatehouse. Code, reason, domain, message, metadata and details cross the wire; kind and cause stay in
 * the process. Made by the constructors of a contract (`userNotFound({ id })`), not by hand. The types of a reason and of
 * its metadata are known where the contract's error map is. One of kind `domain` has no stack.
 */
export class AppError<Reason extends string = string, Metadata extends object = Readonly<Record<string, string>>> extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly reason: Reason;
  readonly domain: string;
  readonly kind: ErrorKind;
  readonly metadata: Metadata;
  readonly violations: NonNullable<ErrorDetails['violations']>;
  readonly retryDelayMs: number | undefined;
  readonly httpStatus: number | undefined;
  readonly preconditions: NonNullable<ErrorDetails['preconditions']>;
  readonly quotas: NonNullable<ErrorDetails['quotas']>;
  readonly resource: ErrorDetails['resource'];
  readonly localized: ErrorDetails['localized'];
  readonly declaration: ErrorDeclaration | undefined;

  constructor(init: AppErrorInit & { reason: Reason }) {
    const { stackTraceLimit } = Error;
    // what a caller did wrong is known by its reason, and is raised by the thousand: a stack would cost more than all else of it
    if (toKind(init) === 'domain') Error.stackTraceLimit = 0;
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.code = init.code;
    this.reason = init.reason;
    this.domain = init.domain;
    this.kind = toKind(init);
    this.metadata = (init.metadata ?? {}) as Metadata;
    this.violations = init.violations ?? [];
    this.retryDelayMs = init.retryDelayMs;
    this.httpStatus = init.httpStatus;
    this.preconditions = init.preconditions ?? [];
    this.quotas = init.quotas ?? [];
    this.resource = init.resource;
    this.localized = init.localized;
    this.declaration = init.declaration;
  }
}

/** Whether `error` is an AppError, of the reason if one is given. */
export function isAppError(error: unknown, reason?: string): error is AppError {
  return error instanceof AppError && (reason === undefined || error.reason === reason);
}
