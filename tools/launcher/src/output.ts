import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];
const widest = 'gateway'.length;
const serviceStyles: Readonly<Record<string, Style>> = { user: 'green', auth: 'yellow', gateway: 'blue' };
const levelStyles: Readonly<Record<string, Style>> = { debug: 'dim', warn: 'yellow', error: 'red' };

/** How a service's line is shown: short and coloured for a person, as it is behind a prefix for a program. */
export function toShown(service: string, line: string, isTerminal: boolean): string {
  const prefix = service.padEnd(widest);
  if (!isTerminal) return `${prefix} | ${line}`;
  const text = toShort(line);
  return `${styleText(serviceStyles[service] ?? 'white', prefix)} ${text}`;
}

function toShort(line: string): string {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(line);
  } catch {
    return line;
  }
  if (typeof fields !== 'object' || fields === null) return line;
  const { level, msg, method, route, status, code, reason, duration_ms: duration, check } = fields;
  const words = [msg, method, route, status ?? code, reason, check, duration === undefined ? undefined : `${duration} ms`];
  const text = words.filter((word) => word !== undefined).join(' ');
  const style = levelStyles[String(level)];
  return style ? styleText(style, text) : text;
}
