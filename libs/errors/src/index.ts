export { AppError, type AppErrorInit, type ErrorCode, errorCodes, type ErrorKind, type ErrorOptions, isAppError } from './app-error';
export { declareError, type ErrorDeclaration, type ErrorOf, type ErrorsOf } from './error-declaration';
export type { ErrorDetails, ErrorResource, FieldViolation, LocalizedMessage, PreconditionViolation, QuotaViolation } from './error-details';
export { toHttpStatus } from './http-status';
export { localize } from './localize';
