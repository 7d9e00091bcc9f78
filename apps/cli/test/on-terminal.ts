import { spawn } from 'node:child_process';
import { type Env, main } from './gatehouse';

/** A prompt, and what is typed at it. */
export type Answer = readonly [prompt: RegExp, keys: string];

/** Runs the command on a terminal of its own, by `script` of util-linux, and answers what it asks in this order. */
export async function onTerminal(args: readonly string[], answers: readonly Answer[], env: Env = {}): Promise<{ status: unknown; screen: string }> {
  const command = `stty rows 24 cols 120; ${process.execPath} ${main} ${args.join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { env: { PATH: process.env.PATH, TERM: 'xterm', ...env } });
  try {
    const left = [...answers];
    let [screen, unanswered] = ['', ''];
    child.stdout.on('data', (chunk) => {
      screen += chunk;
      unanswered += chunk;
      if (!left[0]?.[0].test(unanswered)) return;
      unanswered = '';
      child.stdin.write(left.shift()![1]);
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    return { status, screen };
  } finally {
    child.kill();
  }
}
