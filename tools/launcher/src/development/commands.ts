import { execFile } from 'node:child_process';
import { join } from 'node:path';

export interface Ended {
  readonly isGood: boolean;
  readonly output: string;
}

/** Runs a program of the workspace's packages to its end, with the Node of this process. */
function runProgram(root: string, path: string, args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_WORKSPACE_ROOT_PATH: root };
  return new Promise((resolve) =>
    execFile(process.execPath, [join(root, 'node_modules', path), ...args], { cwd: root, env, maxBuffer: 64 << 20 }, (error, stdout, stderr) =>
      resolve({ isGood: !error, output: `${stdout}${stderr}`.trim() }),
    ),
  );
}

/** Makes what is made from the protos. */
export const generate = (root: string): Promise<Ended> => runProgram(root, 'nx/dist/bin/nx.js', ['run-many', '-t', 'generate', '--output-style=static']);

/** Says whether the types of a project fit, and what does not, each with file, line and message. */
export const checkTypes = (root: string, projectRoot: string, hasColors: boolean): Promise<Ended> =>
  runProgram(root, 'typescript-native/bin/tsc', ['--noEmit', '--pretty', String(hasColors), '-p', `${projectRoot}/tsconfig.json`]);
