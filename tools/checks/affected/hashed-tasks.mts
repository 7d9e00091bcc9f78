import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A task of Nx, and what its hash is made of. */
export interface HashedTask {
  readonly project: string;
  readonly target: string;
  /** The folder of its project, from the workspace. */
  readonly root: string;
  /** Of each input its hash, by the name that Nx gives it: `npm:pg`, `workspace:[…globs]`, `user:…globs`, `runtime:…command`. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The tasks that run before it. */
  readonly dependencies: readonly string[];
}

/** By the name of the task, `user:build`. */
export type HashedTasks = Record<string, HashedTask>;

/**
 * What Nx hashes for each task of the targets, and for those that run before them. Nothing is run but the commands that inputs name.
 * @param folder a workspace with its packages
 * @throws Error where Nx cannot read the workspace, with what it says
 */
export function hashTasks(folder: string, targets: readonly string[]): Promise<HashedTasks> {
  const script = fileURLToPath(new URL('hash-inputs.mts', import.meta.url));
  const env = {
    ...process.env,
    NX_WORKSPACE_ROOT_PATH: folder,
    NX_CACHE_DIRECTORY: `${folder}/.nx/cache`,
    NX_DAEMON: 'false',
    // a process for each plugin takes longer than what they do
    NX_ISOLATE_PLUGINS: 'false',
  };
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [script, ...targets], { cwd: folder, env, maxBuffer: 256 << 20 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`Nx cannot read the workspace: ${stderr.trim() || stdout.trim() || error.message}`));
      else resolve(JSON.parse(stdout.slice(stdout.indexOf('{'))) as HashedTasks);
    });
  });
}
