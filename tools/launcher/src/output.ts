import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Where lines are shown. */
export interface Screen {
  /** A person looks at it; else a program reads it. */
  readonly isTerminal: boolean;
  /** It can show colours, and nobody has forbidden them by NO_COLOR. */
  readonly hasColors: boolean;
}

const widest = 'gateway'.length;
const serviceStyles: Readonly<Record<string, Style>> = { user: 'green', auth: 'yellow', gateway: 'blue' };
const severityStyles: Readonly<Record<string, Style>> = { DEBUG: 'dim', WARN: 'yellow', ERROR: 'red' };

/** How a service's line is shown: short and coloured for a person, as it is behind a prefix for a program. */
export function toShown(service: string, line: string, { isTerminal, hasColors }: Screen): string {
  const prefix = service.padEnd(widest);
  if (!isTerminal) return `${prefix} | ${line}`;
  const paint = (style: Style | undefined, text: string) => (hasColors && style ? styleText(style, text, { validateStream: false }) : text);
  const name = paint(serviceStyles[service] ?? 'white', prefix);
  const fields = toFields(line);
  if (!fields) return `${name} ${toPlain(line)}`;
  const time = new Date(String(fields['timestamp']));
  // of the day, where the person is
  const clock = Number.isNaN(time.getTime()) ? '' : `${paint('dim', time.toLocaleTimeString('en-GB'))} `;
  return `${clock}${name} ${paint(severityStyles[String(fields['severity_text'])], toPlain(toShort(fields)))}`;
}

function toFields(line: string): Record<string, unknown> | undefined {
  try {
    const fields: unknown = JSON.parse(line);
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function toShort(fields: Record<string, unknown>): string {
  const { severity_text: severity, body, reason, check, log_level: level, duration_ms: duration, exception, trace_id: trace } = fields;
  const names = ['http.request.method', 'http.route', 'http.response.status_code', 'rpc.method', 'rpc.status_code'].map((name) => fields[name]);
  const isFailure = severity === 'WARN' || severity === 'ERROR';
  const words = [
    body,
    ...names,
    reason,
    check,
    level,
    duration === undefined ? undefined : `${String(duration)} ms`,
    isFailure && trace ? `trace ${String(trace)}` : undefined,
    toCauses(exception),
  ];
  return words.filter((word) => word !== undefined).join(' ');
}

/** The chain of causes: `(TypeError: no answer ← Error: connect ECONNREFUSED)`. */
function toCauses(exception: unknown): string | undefined {
  if (!Array.isArray(exception)) return undefined;
  return `(${(exception as Record<string, unknown>[]).map(({ type, code, message }) => [type, message ?? code].filter((word) => word !== undefined).join(': ')).join(' ← ')})`;
}

/** A text without what a terminal would obey: texts of errors may come from anywhere. */
const toPlain = (text: string) => text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\ufffd');
