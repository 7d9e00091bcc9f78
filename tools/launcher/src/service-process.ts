import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface ServiceProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves with the exit code, or the signal, when the process is gone. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** SIGTERM, and SIGKILL after `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>;
  kill(): void;
}

// of Node at the end of a process with a debugger attached, for which it would wait until that goes
const lastWords = 'Waiting for the debugger to disconnect...';

/**
 * Starts the bundle of a service as a process of its own group, so that a Ctrl-C at the terminal reaches the launcher alone
 * and the services end in order.
 */
export function startService(
  name: string,
  bundle: string,
  args: readonly string[],
  env: Record<string, string>,
  show: (line: string) => void,
  nodeOptions: readonly string[] = [],
): ServiceProcess {
  const child: ChildProcess = spawn(process.execPath, ['--enable-source-maps', ...nodeOptions, bundle, ...args], {
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const read = (stream: Readable) =>
    createInterface({ input: stream }).on('line', (line) => {
      if (line === lastWords) child.kill('SIGKILL');
      else show(line);
    });
  read(child.stdout!);
  read(child.stderr!);
  // `close` comes after the last line was read
  const exited = new Promise<number | NodeJS.Signals>((resolve, reject) =>
    child.once('error', reject).once('close', (code, signal) => resolve(code ?? signal ?? 1)),
  );
  exited.catch(() => {}); // told to whoever waits for it
  return {
    name,
    pid: child.pid ?? 0,
    exited,
    async stop(timeoutMs) {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
      await exited.catch(() => {});
      clearTimeout(timer);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
