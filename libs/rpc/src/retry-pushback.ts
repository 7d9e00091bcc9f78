import type { Metadata } from '@grpc/grpc-js';
import type { AppError } from '@gatehouse/errors';

// gRFC A6: in a trailer, a negative number says that a retry will not help
const pushbackKey = 'grpc-retry-pushback-ms';

const spent = new WeakSet<object>();

/** Notes that the call which failed so was tried again already, here or further on. */
export const markSpent = (error: AppError): void => void spent.add(error);

/** Whether an error, or what caused it, was tried again already: to do that at every hop would multiply the attempts. */
export function isSpent(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (spent.has(cause)) return true;
  return false;
}

/** Tells a caller in the trailer not to try again. */
export const writePushback = (metadata: Metadata): void => metadata.set(pushbackKey, '-1');

/** Whether a trailer says so. */
export const readPushback = (metadata: Metadata): boolean => String(metadata.get(pushbackKey)[0] ?? '').startsWith('-');
