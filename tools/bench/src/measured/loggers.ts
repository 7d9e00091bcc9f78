import { createObservability } from '@gatehouse/observability';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { createLogger, format, transports } from 'winston';
import type { Sample } from '../comparison';

/** `none` makes the values of a line and writes nothing. */
export type LoggerName = 'none' | 'gatehouse' | 'winston' | 'pino';

export interface LoggersQuestion {
  readonly ask: 'write';
  readonly logger: LoggerName;
  readonly count: number;
}

// a service comes to its event loop about as often
const linesPerTurn = 20;
const ids = { trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' };
const toFields = (index: number) => ({
  'rpc.method': 'gatehouse.user.v1.UserService/GetUser',
  'rpc.status_code': 'OK',
  duration_ms: 1 + (index % 1000) / 1000,
  request_id: '018f0000-0000-7000-8000-000000000001',
  'user.id': '018f0000-0000-7000-8000-000000000002',
});

/** Answers questions: how long it takes to write so many lines with a logger. */
export async function startLoggers(): Promise<{ introduction: object; close: () => Promise<void> }> {
  const observability = createObservability({ service: 'user', version: 'bench', logLevel: 'info' });
  const request = observability.http.start({ method: 'GET', path: '/', requestId: 'bench', headers: {} });
  const typical = createLogger({
    level: 'info',
    defaultMeta: { service: 'user' },
    format: format.combine(format.timestamp(), format.errors({ stack: true }), format.json()),
    transports: [new transports.Stream({ stream: process.stdout })],
  });
  const quick = pino({ base: { service: 'user' }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 1, sync: true }));
  const writers: Readonly<Record<LoggerName, (index: number) => void>> = {
    none: (index) => void toFields(index),
    gatehouse: (index) => observability.logger.info('call', toFields(index)),
    winston: (index) => void typical.info('call', { ...ids, ...toFields(index) }),
    pino: (index) => quick.info({ ...ids, ...toFields(index) }, 'call'),
  };
  const write = async ({ logger, count }: LoggersQuestion): Promise<Sample> => {
    const writeLine = writers[logger];
    const begin = process.cpuUsage();
    for (let index = 0; index < count; index++) {
      writeLine(index);
      if (index % linesPerTurn === 0) await nextTurn();
    }
    const { user, system } = process.cpuUsage(begin);
    return { requests: count, cpuMicros: user + system };
  };
  process.on('message', (question: LoggersQuestion) => {
    if (question.ask === 'write') void request.run(() => write(question)).then((sample) => process.send!(sample));
  });
  return { introduction: {}, close: () => observability.close() };
}
