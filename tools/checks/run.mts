import { spawn } from 'node:child_process';

/** Runs a command with its output passed through; gives whether it succeeded. */
export function run(title: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const start = Date.now();
  console.log(`\n▶ ${title}`);
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
    child.once('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(false);
    });
    child.once('exit', (code) => {
      console.log(`${code === 0 ? '✔' : '✖'} ${title} (${Math.round((Date.now() - start) / 1000)} s)`);
      resolve(code === 0);
    });
  });
}
