import { overloaded } from '@gatehouse/contracts/api';
import type { RpcInterceptor } from './call';

/** Bounds the calls in flight: one too many is answered RESOURCE_EXHAUSTED at once instead of late. */
export function createAdmission(maxInFlight: number): RpcInterceptor {
  let inFlight = 0;
  return async (_call, next) => {
    if (inFlight >= maxInFlight) throw overloaded({ retryDelayMs: 1000 });
    inFlight++;
    try {
      return await next();
    } finally {
      inFlight--;
    }
  };
}
