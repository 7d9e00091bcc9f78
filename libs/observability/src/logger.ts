import { createLogger as createWinston, format, transports } from 'winston';
import { context, trace } from '@opentelemetry/api';
import { hostname } from 'node:os';
import type { Writable } from 'node:stream';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Writes one JSON object a line. Fields are named by who logs; nothing else of a value is ever written. */
export type Logger = Readonly<Record<LogLevel, (message: string, fields?: Readonly<Record<string, unknown>>) => void>>;

export interface LoggerOptions {
  service: string;
  level: LogLevel;
  /** Where the lines go; stdout unless a test says otherwise. */
  stream?: Writable;
  /** Called for each line that is dropped because nobody reads. */
  onDrop?: () => void;
}

// A reader that stopped reading must not grow our memory: past this many buffered bytes only warnings and errors are kept.
const highWaterBytes = 1 << 20;
const maxCauses = 8;

/** A logger of one process. Lines inside a trace carry its ids. */
export function createLogger({ service, level, stream = process.stdout as Writable, onDrop }: LoggerOptions): Logger {
  const winston = createWinston({
    level,
    format: format.printf(({ level: lineLevel, message, ...fields }) => toLine(service, lineLevel, String(message), fields)),
    transports: [new transports.Stream({ stream, eol: '\n' })],
  });
  const write = (lineLevel: LogLevel) => (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
    if (!winston.isLevelEnabled(lineLevel)) return;
    const isMinor = lineLevel === 'debug' || lineLevel === 'info';
    if (isMinor && (stream.writableLength > highWaterBytes || winston.writableLength > 1_000)) onDrop?.();
    else winston.log(lineLevel, message, fields);
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

const host = hostname();

function toLine(service: string, level: string, msg: string, { error, ...fields }: Record<string, unknown>): string {
  const span = trace.getSpanContext(context.active());
  return JSON.stringify({
    time: new Date().toISOString(),
    level,
    service,
    host,
    msg,
    ...(span ? { trace_id: span.traceId, span_id: span.spanId } : {}),
    ...fields,
    ...(error === undefined ? {} : { error: toCauseChain(error) }),
  });
}

/** An error and what led to it, outermost first, each once. */
function toCauseChain(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let cause = error; cause !== undefined && chain.length < maxCauses; cause = (cause as { cause?: unknown }).cause) {
    if (!(cause instanceof Error)) {
      chain.push({ type: typeof cause });
      break;
    }
    const { name, message, stack } = cause;
    const code = (cause as { code?: unknown }).code;
    chain.push({ type: name, message, ...(code === undefined ? {} : { code }), stack: stack?.split('\n').slice(1, 7).map((line) => line.trim()) });
  }
  return chain;
}
