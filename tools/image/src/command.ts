import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a command; gives what it wrote to stdout, without the last line's end. @throws Error with what it wrote to stderr */
export async function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { env, encoding: 'utf8', maxBuffer: 64 << 20 });
  return stdout.trim();
}
