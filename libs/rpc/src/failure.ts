import { InterceptingCall, type Interceptor, status, type StatusObject } from '@grpc/grpc-js';

/**
 * Tells of the status that a call failed with, and lets it go no further: grpc-js would make errors of it and write out two
 * stacks, which takes longer than all else that a failed call does.
 */
export const createFailureInterceptor =
  (onFailure: (failure: StatusObject) => void): Interceptor =>
  (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) =>
        next(metadata, { onReceiveStatus: (received, pass) => (received.code === status.OK ? pass(received) : onFailure(received)) }),
    });

/** What a failed status said, as an error of the form that grpc-js's own have: by its `details` who logs it knows that others wrote its text. */
export const toFailureCause = ({ code, details }: StatusObject): Error => Object.assign(new Error(`${code} ${status[code]}: ${details}`), { code, details });
