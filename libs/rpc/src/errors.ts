import { AppError } from '@gatehouse/errors';
import { cancelled, deadlineExceeded, internal, platformErrors } from '@gatehouse/contracts/api';
import type { RpcCall, RpcInterceptor } from './call';

/** Turns whatever is thrown inside of it into one AppError, so that all outside of it observe that and nothing else. */
export const errors: RpcInterceptor = async (call, next) => {
  try {
    return await next();
  } catch (thrown) {
    throw toCallError(thrown, call);
  }
};

const { domain: platform } = platformErrors.INTERNAL;

/** The AppError that a call ends with when this is thrown: itself, the reason why the call is over, or a defect. */
export function toCallError(thrown: unknown, { method, signal }: Pick<RpcCall, 'method' | 'signal'>): AppError {
  if (thrown instanceof AppError) {
    const { errors } = method;
    if (!errors || thrown.domain === platform || errors.some(({ reason, domain }) => reason === thrown.reason && domain === thrown.domain)) return thrown;
    // its callers have no case for it
    return internal({ cause: new Error(`${method.path} raised ${thrown.reason} of ${thrown.domain}, which its contract does not declare`, { cause: thrown }) });
  }
  // what breaks because the call is over is no defect
  if (signal.aborted) return signal.reason instanceof AppError ? signal.reason : cancelled({ cause: thrown });
  return internal({ cause: thrown });
}

/** The reason with which a call's signal is aborted when its deadline passes. */
export const toDeadlineReason = (): AppError => deadlineExceeded();
/** The reason with which a call's signal is aborted when its caller goes away. */
export const toCancelReason = (): AppError => cancelled();
