import type { ErrorCode } from './app-error';

/** The HTTP status of each code, by the table in google/rpc/code.proto. */
const httpStatuses: Readonly<Record<ErrorCode, number>> = {
  CANCELLED: 499,
  UNKNOWN: 500,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 400,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DATA_LOSS: 500,
  UNAUTHENTICATED: 401,
};

/** The HTTP status of an error: its reason's own, or its code's. */
export const toHttpStatus = (error: { readonly code: ErrorCode; readonly httpStatus?: number | undefined }): number =>
  error.httpStatus ?? httpStatuses[error.code];
