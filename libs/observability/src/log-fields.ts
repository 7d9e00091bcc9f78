import { type LoggedError, redact, toCauseChain } from './cause-chain';

// All that a line can hold beside time, level, body, service and trace: what is not named here is not logged, so that no
// password, token or address gets into a log by way of a wider object. Names with a dot are OpenTelemetry's, docs/logs.md.
const fieldNames = [
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'rpc.method',
  'rpc.status_code',
  'duration_ms',
  'request_id',
  'user.id',
  'service.peer.name',
  'reason',
  'error_id',
  'check',
  'log_level',
  'until',
] as const;
const maxLength = 512;

/** What a line may tell. `exception` is written as its chain of causes. */
export type LogFields = Readonly<Partial<Record<(typeof fieldNames)[number], string | number | boolean | undefined>>> & {
  readonly exception?: unknown;
  /** What the request holds that nobody may read: no text of an exception is told that holds one of these. */
  readonly confidential?: () => readonly string[];
};

const members = fieldNames.map((name) => [name, `,"${name}":`] as const);

/** The known fields of `fields` as members of a JSON object, a comma before each: plain values alone, strings redacted and cut at 512 characters. */
export function toMembers(fields: LogFields): string {
  let text = '';
  for (const [name, key] of members) {
    const value = fields[name];
    if (typeof value === 'string') text += key + JSON.stringify(redact(value.slice(0, maxLength)));
    else if (typeof value === 'boolean' || Number.isFinite(value)) text += key + String(value);
  }
  const { exception } = fields;
  return exception === undefined ? text : `${text},"exception":${JSON.stringify(toCauseChain(exception, fields.confidential?.()) satisfies readonly LoggedError[])}`;
}
