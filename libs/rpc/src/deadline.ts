import { deadlineExceeded } from '@gatehouse/contracts/api';
import type { RpcInterceptor } from './call';

/** With less time than this left a call is refused at once: the answer would come too late. Milliseconds. */
export const leastTimeMs = 20;

/** Answers when the call's signal is aborted, by its deadline or its caller, also while the handler still works. */
export const deadline: RpcInterceptor = (call, next) => {
  if (call.deadline - Date.now() < leastTimeMs) return Promise.reject(deadlineExceeded());
  if (call.signal.aborted) return Promise.reject(call.signal.reason);
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(call.signal.reason);
    call.signal.addEventListener('abort', onAbort, { once: true });
    next()
      .then(resolve, reject)
      .finally(() => call.signal.removeEventListener('abort', onAbort));
  });
};
