import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

const builtHere = `${__dirname}/../../../../dist/apps`;

/** A line that a service logged. */
export type LogLine = Record<string, unknown> & { body?: string; trace_id?: string };

export interface ServiceProcess {
  readonly child: ChildProcess;
  readonly lines: LogLine[];
  /** What it wrote to stderr. */
  readonly stderr: () => string;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Starts a built service as a process. */
export function startProcess(app: string, env: Record<string, string>, args: readonly string[] = [], bundles = builtHere): ServiceProcess {
  const child = spawn(process.execPath, [`${bundles}/${app}/main.cjs`, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: LogLine[] = [];
  let stderr = '';
  createInterface({ input: child.stdout! }).on('line', (line) => {
    try {
      lines.push(JSON.parse(line));
    } catch {
      lines.push({ body: line });
    }
  });
  child.stderr!.on('data', (chunk) => (stderr += chunk));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  return { child, lines, stderr: () => stderr, exited };
}

/** Waits until the lines are there that services hold back to write several together. */
export const untilLinesAreWritten = (): Promise<void> => pause(400);

/** Waits until `condition` holds. @throws when it does not within `ms` */
export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 20_000): Promise<number> {
  const start = Date.now();
  while (!(await condition())) {
    if (Date.now() - start > ms) throw new Error(`${what}: not within ${ms} ms`);
    await pause(25);
  }
  return Date.now() - start;
}
