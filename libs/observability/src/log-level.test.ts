import { setTimeout as pause } from 'node:timers/promises';
import { PassThrough } from 'node:stream';
import { createLogLevel } from './log-level';
import { createLogger, type LogLevel } from './logger';

function start(level: LogLevel) {
  const stream = new PassThrough();
  const logger = createLogger({ service: 'user', level, stream });
  const setting = createLogLevel(logger);
  const read = () =>
    String(stream.read() ?? '')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, setting, read };
}

describe('the log level of a process', () => {
  it('changes what is written, and says so in a line whichever way it goes', () => {
    const { logger, setting, read } = start('warn');
    setting.set('debug');
    logger.debug('now');
    setting.set('error');
    logger.warn('not any more');
    expect(read().map(({ body, log_level }) => [body, log_level])).toEqual([
      ['the log level was changed', 'debug'],
      ['now', undefined],
      ['the log level was changed', 'error'],
    ]);
    expect(setting.read()).toEqual({ level: 'error', configured: 'warn' });
  });

  it('goes back by itself after its time, also where it was set twice', async () => {
    const { setting, read } = start('info');
    setting.set('error', 60);
    setting.set('debug', 0.05);
    const { until } = setting.read();
    expect(Date.parse(until!)).toBeGreaterThan(Date.now() - 1_000);
    while (setting.read().until) await pause(5);
    expect(setting.read()).toEqual({ level: 'info', configured: 'info' });
    expect(read().at(-1)).toMatchObject({ severity_text: 'WARN', body: 'the log level is the configured one again', log_level: 'info' });
  });

  it('stays when it is set anew without a time', async () => {
    const { setting } = start('info');
    setting.set('debug', 0.02);
    setting.set('debug');
    await pause(60);
    expect(setting.read()).toEqual({ level: 'debug', configured: 'info' });
  });
});
