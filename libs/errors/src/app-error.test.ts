import { AppError, type AppErrorInit, errorCodes, isAppError } from './app-error';
import { toHttpStatus } from './http-status';

const init: AppErrorInit = { code: 'NOT_FOUND', reason: 'THING_NOT_FOUND', domain: 'thing.gatehouse', message: 'there is no such thing' };

describe('AppError', () => {
  it('says by its code who has to act', () => {
    expect(new AppError(init).kind).toBe('domain');
    expect(new AppError({ ...init, code: 'UNAVAILABLE' }).kind).toBe('infrastructure');
    expect(new AppError({ ...init, code: 'INTERNAL' }).kind).toBe('defect');
    expect(new AppError({ ...init, kind: 'defect' }).kind).toBe('defect');
  });

  it('keeps the cause apart from the message the caller reads', () => {
    const cause = new Error('connect ECONNREFUSED');
    const error = new AppError({ ...init, cause });
    expect(error.cause).toBe(cause);
    expect(error.message).toBe('there is no such thing');
    expect('cause' in new AppError(init)).toBe(false);
  });

  it('takes a stack only where somebody has to look for the place it was raised at', () => {
    const frame = /\n\s+at /;
    expect(new AppError({ ...init, code: 'INTERNAL' }).stack).toMatch(frame);
    expect(new AppError({ ...init, code: 'UNAVAILABLE' }).stack).toMatch(frame);
    expect(new AppError(init).stack).not.toMatch(frame);
    expect(new Error('after it').stack).toMatch(frame);
  });

  it('is recognised by its reason', () => {
    expect(isAppError(new AppError(init), 'THING_NOT_FOUND')).toBe(true);
    expect(isAppError(new AppError(init), 'OTHER')).toBe(false);
    expect(isAppError(new Error('THING_NOT_FOUND'))).toBe(false);
  });
});

describe('toHttpStatus', () => {
  it('follows the table of google.rpc.Code', () => {
    const statuses = Object.fromEntries(errorCodes.map((code) => [code, toHttpStatus({ code, httpStatus: undefined })]));
    expect(statuses).toEqual({
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
    });
  });

  it('gives way to the status that a reason declares', () => {
    expect(toHttpStatus({ code: 'INVALID_ARGUMENT', httpStatus: 422 })).toBe(422);
  });
});
