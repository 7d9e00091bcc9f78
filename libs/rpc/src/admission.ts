import { overloaded } from '@gatehouse/contracts/api';
import type { RpcInterceptor } from './call';

/** Bounds the calls in flight: one too many is answered RESOURCE_EXHAUSTED at once instead of late. Long-lived calls mostly wait, and have a bound of their own. */
export function createAdmission(maxInFlight: number, maxLongLived: number): RpcInterceptor {
  const inFlight = { short: 0, long: 0 };
  return async (call, next) => {
    const { method } = call;
    const kind = method.isLongLived ? 'long' : 'short';
    if (inFlight[kind] >= (method.isLongLived ? maxLongLived : maxInFlight)) {
      call.onShed?.();
      throw overloaded({ retryDelayMs: 1000 });
    }
    inFlight[kind]++;
    try {
      return await next();
    } finally {
      inFlight[kind]--;
    }
  };
}
