import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Sample } from './comparison';

export const workspace = resolve(__dirname, '../../..');
const probe = `${workspace}/tools/bench/probe.cjs`;
// Milliseconds.
const patienceMs = 10_000;

/** A process whose CPU time is known. */
export interface MeasuredProcess {
  readonly pid: number;
  /** What it says of itself when it is ready, to be asked for at once. @throws when it ends before */
  introduction<Introduction>(): Promise<Introduction>;
  /** Asks the process something, one question at a time. @throws when it ends without an answer */
  ask<Answer, Question extends { readonly ask: string }>(question: Question): Promise<Answer>;
  /** CPU time since its start, all its threads included. Microseconds. */
  cpuMicros(): Promise<number>;
  /** What the process needs for the work. */
  measure(requests: number, work: () => Promise<Sample['latencyMs']>): Promise<Sample>;
  stop(): Promise<void>;
}

export interface ProcessOptions {
  /** A built bundle, from the workspace's dist folder on. */
  readonly bundle: string;
  readonly arguments?: readonly string[];
  readonly nodeArguments?: readonly string[];
  readonly environment?: Record<string, string>;
}

/** Starts a built bundle; its log goes nowhere, its complaints to stderr. */
export function startMeasured({ bundle, arguments: args = [], nodeArguments = [], environment = {} }: ProcessOptions): MeasuredProcess {
  const child: ChildProcess = spawn(process.execPath, ['--enable-source-maps', '--require', probe, ...nodeArguments, `${workspace}/dist/${bundle}`, ...args], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  const nextMessage = <Message>() =>
    new Promise<Message>((found, fail) => {
      const onExit = (code: number | null, signal: string | null) => fail(new Error(`${bundle} ${args.join(' ')} ended (${code ?? signal})`));
      child.once('exit', onExit).once('message', (message) => {
        child.off('exit', onExit);
        found(message as Message);
      });
    });
  const ask = <Answer>(question: { readonly ask: string }): Promise<Answer> => {
    const answer = nextMessage<Answer>();
    child.send(question);
    return answer;
  };
  const cpuMicros = async () => (await ask<{ cpuMicros: number }>({ ask: 'cpu' })).cpuMicros;
  return {
    pid: child.pid!,
    introduction: nextMessage,
    ask,
    cpuMicros,
    measure: (requests, work) => measureTogether([{ cpuMicros }], requests, work),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** What several processes together need for the work. */
export async function measureTogether(
  processes: readonly Pick<MeasuredProcess, 'cpuMicros'>[],
  requests: number,
  work: () => Promise<Sample['latencyMs']>,
): Promise<Sample> {
  const cpu = async () => (await Promise.all(processes.map(({ cpuMicros }) => cpuMicros()))).reduce((one, other) => one + other);
  const begin = await cpu();
  const latencyMs = await work();
  return { requests, cpuMicros: (await cpu()) - begin, ...(latencyMs ? { latencyMs } : {}) };
}
