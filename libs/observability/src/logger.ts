import { context, trace } from '@opentelemetry/api';
import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger as createWinston, format, transports } from 'winston';
import { type LogFields, toMembers } from './log-fields';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Writes one JSON object a line. A message is a constant; what varies is a field. */
export type Logger = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

/** A logger whose level can be changed while it is used. */
export interface AdjustableLogger extends Logger {
  /** The least severe lines that are written. */
  level: LogLevel;
  /** Waits until every line is on its way to the reader, for at most as many milliseconds. */
  flush(timeoutMs: number): Promise<void>;
}

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

// where winston's transports look for what they write
const MESSAGE = Symbol.for('message');

/** The logger of a process. Lines written inside a trace carry its ids. */
export function createLogger({ service, level, stream = process.stdout, onDrop }: LoggerOptions): AdjustableLogger {
  const winston = createWinston({
    level,
    // the line is made before: the format may run later, when another request is active, and copies what it is given
    format: format((info) => Object.assign(info, { [MESSAGE]: info.message }))(),
    transports: [new transports.Stream({ stream, eol: '\n' })],
  });
  // a reader that went away takes nothing with it but the lines
  stream.on('error', () => {});
  const createWrite = (lineLevel: LogLevel, mark: number) => {
    const head = `","severity_text":"${lineLevel.toUpperCase()}","service.name":${JSON.stringify(service)},"body":`;
    return (message: string, fields?: LogFields) => {
      if (!winston.isLevelEnabled(lineLevel)) return;
      if (stream.destroyed || stream.writableLength > mark) return onDrop?.();
      const line = `{"timestamp":"${new Date().toISOString()}${head}${JSON.stringify(message)}${toTraceMembers()}${fields ? toMembers(fields) : ''}}`;
      winston.log({ level: lineLevel, message: line });
    };
  };
  return {
    debug: createWrite('debug', minorMark),
    info: createWrite('info', minorMark),
    warn: createWrite('warn', majorMark),
    error: createWrite('error', majorMark),
    get level() {
      return winston.level as LogLevel;
    },
    set level(next) {
      winston.level = next;
    },
    async flush(timeoutMs) {
      if (stream.destroyed || stream.writableLength === 0) return;
      const written = new Promise<void>((resolve) => stream.write('', () => resolve()));
      await Promise.race([written, pause(timeoutMs, undefined, { ref: false })]);
    },
  };
}

/** The trace that is active, by the names that OpenTelemetry gives its ids in formats that are not its own. */
function toTraceMembers(): string {
  const span = trace.getSpanContext(context.active());
  return span ? `,"trace_id":"${span.traceId}","span_id":"${span.spanId}","trace_flags":"${span.traceFlags.toString(16).padStart(2, '0')}"` : '';
}
