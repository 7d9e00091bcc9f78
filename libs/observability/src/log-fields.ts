import type { Context } from '@opentelemetry/api';
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
  'session.id',
  'event.name',
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
  /** What the line is part of; by default what is active. */
  readonly context?: Context;
  /** What the request holds that nobody may read: no text of an exception is told that holds one of these. */
  readonly confidential?: () => readonly string[];
};

// whose values are few, and come from contracts: what was made of one of them is kept
const closedNames: ReadonlySet<string> = new Set(['http.request.method', 'http.route', 'rpc.method', 'rpc.status_code']);
const kept = new Map<string, string>();
const maxKept = 2_000;

const members = new Map(fieldNames.map((name) => [name as string, { key: `,"${name}":`, toText: closedNames.has(name) ? keepText : toText }]));

// what most ids are made of, and no address or token
const idForm = /^[\da-f-]{1,64}$/;
function toText(value: string): string {
  return idForm.test(value) ? `"${value}"` : JSON.stringify(redact(value.slice(0, maxLength)));
}

function keepText(value: string): string {
  const found = kept.get(value);
  if (found !== undefined) return found;
  const text = toText(value);
  if (kept.size < maxKept) kept.set(value, text);
  return text;
}

/**
 * The known fields of `fields` as members of a JSON object, a comma before each: plain values alone, strings redacted and cut at 512 characters.
 * @param withFrames whether an exception is told with its stack
 */
export function toMembers(fields: LogFields, withFrames: boolean): string {
  let text = '';
  for (const name of Object.keys(fields)) {
    const member = members.get(name);
    const value = fields[name as keyof LogFields];
    if (!member || value === undefined) continue;
    if (typeof value === 'string') text += member.key + member.toText(value);
    else if (typeof value === 'boolean' || Number.isFinite(value)) text += member.key + String(value);
  }
  const { exception } = fields;
  return exception === undefined
    ? text
    : `${text},"exception":${JSON.stringify(toCauseChain(exception, fields.confidential?.(), withFrames) satisfies readonly LoggedError[])}`;
}
