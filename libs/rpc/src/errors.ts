import { AppError } from '@gatehouse/errors';
import { cancelled, deadlineExceeded, internal } from '@gatehouse/contracts/api';
import { randomUUID } from 'node:crypto';
import type { RpcCall, RpcInterceptor } from './call';

/** Turns whatever is thrown inside of it into one AppError, so that all outside of it observe that and nothing else. */
export const errors: RpcInterceptor = async (call, next) => {
  try {
    return await next();
  } catch (thrown) {
    throw toCallError(thrown, call);
  }
};

/** The AppError that a call ends with when this is thrown: itself, the reason why the call is over, or a defect. */
export function toCallError(thrown: unknown, call: Pick<RpcCall, 'signal'>): AppError {
  if (thrown instanceof AppError) return thrown;
  // what breaks because the call is over is no defect
  if (call.signal.aborted) return call.signal.reason instanceof AppError ? call.signal.reason : cancelled({ cause: thrown });
  return internal({ error_id: randomUUID() }, { cause: thrown });
}

/** The reason with which a call's signal is aborted when its deadline passes. */
export const toDeadlineReason = (): AppError => deadlineExceeded();
/** The reason with which a call's signal is aborted when its caller goes away. */
export const toCancelReason = (): AppError => cancelled();
