import { type AdjustableLogger, logLevels, type LogLevel } from './logger';

/** How much a process logs, and for how long. */
export interface LogLevelReport {
  readonly level: LogLevel;
  /** The level that the process was started with, which is taken up again at the end. */
  readonly configured: LogLevel;
  /** When the level ends that is set for a time (RFC 3339). */
  readonly until?: string;
}

/** The level of a process's log, for its operator to look at and to change. */
export interface LogLevelSetting {
  read(): LogLevelReport;
  /** Logs from `level` on, for as many seconds, or until the process ends. Each change is a line. */
  set(level: LogLevel, seconds?: number): void;
  /** Ends the waiting for the end of a level. */
  close(): void;
}

/** Makes the level of a logger changeable while the process runs. */
export function createLogLevel(logger: AdjustableLogger): LogLevelSetting {
  const configured = logger.level;
  let timer: NodeJS.Timeout | undefined;
  let until: string | undefined;
  const change = (level: LogLevel, message: string) => {
    const isQuieter = logLevels.indexOf(level) > logLevels.indexOf(logger.level);
    const tell = () => logger.warn(message, { log_level: level, until });
    // told while the more talkative of the two is in force
    if (isQuieter) tell();
    logger.level = level;
    if (!isQuieter) tell();
  };
  const close = () => {
    clearTimeout(timer);
    until = undefined;
  };
  return {
    read: () => ({ level: logger.level, configured, ...(until ? { until } : {}) }),
    set(level, seconds) {
      close();
      if (seconds !== undefined) {
        until = new Date(Date.now() + seconds * 1_000).toISOString();
        timer = setTimeout(() => {
          close();
          change(configured, 'the log level is the configured one again');
        }, seconds * 1_000).unref();
      }
      change(level, 'the log level was changed');
    },
    close,
  };
}
