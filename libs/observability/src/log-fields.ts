import { toCauseChain } from './cause-chain';

// All that a line can hold beside time, level, service, message and trace: what is not named here is not logged, so that
// no password, token or address gets into a log by way of a wider object.
const fieldNames = ['method', 'route', 'code', 'status', 'duration_ms', 'request_id', 'reason', 'error_id', 'check'] as const;
const maxLength = 512;

/** What a line may tell. `error` is written as its chain of causes. */
export type LogFields = Readonly<Partial<Record<(typeof fieldNames)[number], string | number | boolean>>> & { readonly error?: unknown };

/** The known fields of `fields`, plain values alone, strings cut at 512 characters. */
export function toLoggable(fields: LogFields): Record<string, unknown> {
  const loggable: Record<string, unknown> = {};
  for (const name of fieldNames) {
    const value = fields[name];
    if (typeof value === 'string') loggable[name] = value.slice(0, maxLength);
    else if (typeof value === 'number' || typeof value === 'boolean') loggable[name] = value;
  }
  if (fields.error !== undefined) loggable['error'] = toCauseChain(fields.error);
  return loggable;
}
