import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { account } from './logins';

/** The command's file. */
export const main = resolve(__dirname, '../src/main.mts');
const settings = { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE };

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface Running {
  readonly child: ChildProcess;
  /** What it said on stderr so far. */
  stderr(): string;
  readonly ended: Promise<Ended>;
}

/** With what a session begins: a variable that is undefined is not set. */
export type Env = Readonly<Record<string, string | undefined>>;
const credentials = { GATEHOUSE_EMAIL: account.email, GATEHOUSE_PASSWORD: account.password };

/** Starts the command as a process, with nothing of our environment. */
export function start(args: readonly string[], { env = credentials, input }: { env?: Env; input?: string | null } = {}): Running {
  const child = spawn(process.execPath, [main, ...args], { env: { ...settings, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.stdin.on('error', () => {});
  // of null the test writes it
  if (input !== null) child.stdin.end(input);
  const ended = new Promise<Ended>((done) => child.once('close', (status) => done({ status, stdout, stderr })));
  return { child, stderr: () => stderr, ended };
}

export const gatehouse = (args: readonly string[], options?: Parameters<typeof start>[1]): Promise<Ended> => start(args, options).ended;
