export { AppError, type AppErrorInit, type ErrorCode, type ErrorKind, type ErrorOptions, type FieldViolation, errorCodes, isAppError } from './app-error';
export { toHttpStatus } from './http-status';
