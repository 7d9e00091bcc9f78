import type { Comparison, Sample } from '../comparison';
import type { LoggerName, LoggersQuestion } from '../measured/loggers';
import { startOwn } from '../own-process';

/** What a line of the log costs. */
export const logLine: Comparison = {
  name: 'log-line',
  title: 'A line of the log',
  about:
    'An access line of a gRPC call, eight fields and the trace, into stdout, which is /dev/null, against the same values without a line. Beside it, held to nothing: winston as it is mostly set up (`timestamp`, `errors`, `json`), and pino, each given the ids of the trace as two more fields.',
  measure: 'difference',
  bar: 6,
  async open({ nodeArguments }) {
    const loggers = await startOwn('loggers', nodeArguments);
    const write = (logger: LoggerName) => ({ name: logger, sample: (count: number) => loggers.ask<Sample, LoggersQuestion>({ ask: 'write', logger, count }) });
    const pair = (logger: LoggerName, isContext: boolean) => ({ name: logger, requests: 20_000, isContext, baseline: write('none'), contender: write(logger) });
    return { pairs: [pair('gatehouse', false), pair('winston', true), pair('pino', true)], close: () => loggers.stop() };
  },
};
