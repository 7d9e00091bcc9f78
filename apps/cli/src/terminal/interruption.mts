import { CommandError, exitCodes } from '../command-error.mts';

/** Gives a signal that Ctrl-C and SIGTERM abort, once: the second time ends the process. */
export function onInterruption(): AbortSignal {
  const controller = new AbortController();
  const abort = () => {
    controller.abort(new CommandError('interrupted', { exitCode: exitCodes.interrupted }));
    // nobody waits for more of it
    process.stdin.destroy();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, abort);
  return controller.signal;
}
