/**
 * How a command ends: done; rows failed; it was not meant so; the server could not be reached, or refused; a file could not be read
 * or written; it was interrupted (128 and the number of SIGINT).
 */
export const exitCodes = { done: 0, rowsFailed: 1, wrongUse: 2, server: 3, file: 4, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What is wrong is for the person at the terminal to mend; the message says how. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(message: string, { exitCode = exitCodes.wrongUse, cause }: { exitCode?: ExitCode; cause?: unknown } = {}) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

const advices: Readonly<Record<string, string>> = {
  ENOENT: 'is the path right?',
  EISDIR: 'give a file, not a folder',
  EACCES: 'choose one that you have the right to',
  EPERM: 'choose one that you have the right to',
  EROFS: 'its file system is read-only: choose another',
  ENOSPC: 'make room',
  EDQUOT: 'make room',
  EPIPE: 'who read it has gone away',
};

/** What became of a file, with what to do: `users.csv cannot be read (ENOENT): is the path right?` */
export function fileError(path: string, verb: 'read' | 'written', cause: unknown, exitCode: ExitCode = exitCodes.file): CommandError {
  const { code = 'unknown error' } = cause as NodeJS.ErrnoException;
  const advice = advices[code];
  return new CommandError(`${path} cannot be ${verb} (${code})${advice ? `: ${advice}` : ''}`, { exitCode, cause });
}
