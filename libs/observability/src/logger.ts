import { context, trace } from '@opentelemetry/api';
import type { Writable } from 'node:stream';
import { createLogger as createWinston, format, transports } from 'winston';
import { type LogFields, toLoggable } from './log-fields';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Writes one JSON object a line. A message is a constant; what varies is a field. */
export type Logger = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

export interface LoggerOptions {
  service: string;
  level: LogLevel;
  /** Where the lines go; stdout by default. */
  stream?: Writable;
  /** Told of each line that is dropped because nobody reads. */
  onDrop?: () => void;
}

// A reader that stopped reading must not grow our memory. Past the first mark of unread bytes only warnings and errors are
// kept, past the second nothing.
const minorMark = 1 << 20;
const majorMark = 8 << 20;

/** The logger of a process. Lines written inside a trace carry its ids. */
export function createLogger({ service, level, stream = process.stdout, onDrop }: LoggerOptions): Logger {
  const winston = createWinston({
    level,
    format: format.printf(({ line }) => JSON.stringify(line)),
    transports: [new transports.Stream({ stream, eol: '\n' })],
  });
  const write = (lineLevel: LogLevel, mark: number) => (message: string, fields: LogFields = {}) => {
    if (!winston.isLevelEnabled(lineLevel)) return;
    if (stream.writableLength > mark) return onDrop?.();
    // made here and not in the format, which may run later, when another request is active
    const line = toLine(service, lineLevel, message, fields);
    winston.log({ level: lineLevel, message, line });
  };
  return { debug: write('debug', minorMark), info: write('info', minorMark), warn: write('warn', majorMark), error: write('error', majorMark) };
}

function toLine(service: string, level: LogLevel, msg: string, fields: LogFields): object {
  const span = trace.getSpanContext(context.active());
  const ids = span && { trace_id: span.traceId, span_id: span.spanId };
  return { time: new Date().toISOString(), level, service, msg, ...ids, ...toLoggable(fields) };
}
