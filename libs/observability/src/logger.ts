import { context, type Context, trace, TraceFlags } from '@opentelemetry/api';
import type { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger as createWinston, format, transports } from 'winston';
import { lazy } from './lazy';
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

// Lines that nobody has to act on wait so long, in milliseconds, or for so many characters, to be written together.
const gatherMs = 100;
const gatherLength = 1 << 16;

// of each logger that has lines waiting, what writes them as the process ends, be it by an exception
const atExit = new Set<() => void>();
const listenForExit = lazy(() => process.once('exit', () => atExit.forEach((write) => write())));

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
  listenForExit();
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  const take = () => {
    const lines = waiting;
    waiting = '';
    clearTimeout(timer);
    timer = undefined;
    atExit.delete(writeAtExit);
    return lines;
  };
  // past winston, whose streams may wait for a turn that does not come any more
  const writeAtExit = () => void stream.write(`${take()}\n`);
  // what may be logged was decided line by line
  const writeWaiting = () => void winston.log({ level: 'error', message: take() });
  const createWrite = (lineLevel: LogLevel, mark: number) => {
    // below, it is something else that is not there, and where that was noticed says nothing
    const withFrames = lineLevel === 'error';
    const head = `","severity_text":"${lineLevel.toUpperCase()}","service.name":${JSON.stringify(service)},"body":`;
    let last = { message: '', text: '""' };
    return (message: string, fields?: LogFields) => {
      if (!winston.isLevelEnabled(lineLevel)) return;
      if (stream.destroyed || stream.writableLength + waiting.length > mark) return onDrop?.();
      if (message !== last.message) last = { message, text: JSON.stringify(message) };
      const line = `{"timestamp":"${toTimestamp()}${head}${last.text}${toTraceMembers(fields?.context ?? context.active())}${fields ? toMembers(fields, withFrames) : ''}}`;
      waiting += waiting ? `\n${line}` : line;
      if (mark === majorMark || waiting.length > gatherLength) return writeWaiting();
      if (timer) return;
      timer = setTimeout(writeWaiting, gatherMs).unref();
      atExit.add(writeAtExit);
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
      if (waiting) writeWaiting();
      if (stream.destroyed || stream.writableLength === 0) return;
      const written = new Promise<void>((resolve) => stream.write('', () => resolve()));
      await Promise.race([written, pause(timeoutMs, undefined, { ref: false })]);
    },
  };
}

let lastTime = { ms: 0, text: '' };

/** Now, by RFC 3339. */
function toTimestamp(): string {
  const ms = Date.now();
  if (ms !== lastTime.ms) lastTime = { ms, text: new Date(ms).toISOString() };
  return lastTime.text;
}

/** The trace of a context, by the names that OpenTelemetry gives its ids in formats that are not its own. */
function toTraceMembers(of: Context): string {
  const span = trace.getSpanContext(of);
  return span ? `,"trace_id":"${span.traceId}","span_id":"${span.spanId}","trace_flags":"${span.traceFlags & TraceFlags.SAMPLED ? '01' : '00'}"` : '';
}
