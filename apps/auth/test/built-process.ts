import { build } from 'esbuild';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

export interface Bundle {
  /** Runs the bundle as a process of its own; `output` grows as it writes. */
  run(command: string, env: Record<string, string>, options?: readonly string[]): RunningProcess;
  /** Ends what still runs, and removes the bundle. */
  remove(): Promise<void>;
}

export interface RunningProcess {
  readonly child: ChildProcess;
  output(): string;
  /** How it ended: its exit code, or the signal. */
  readonly ended: Promise<number | string>;
}

/** Bundles the service as `nx build` does, inside the workspace, where native modules are found. */
export async function buildBundle(): Promise<Bundle> {
  await mkdir(join(root, 'tmp'), { recursive: true });
  const folder = await mkdtemp(join(root, 'tmp', 'auth '));
  const { default: config } = await import(join(root, 'tools/esbuild.config.cjs'));
  const { outExtension: _, ...options } = config;
  const file = join(folder, 'main.cjs');
  await build({
    ...options,
    sourcemap: false,
    entryPoints: [join(root, 'apps/auth/src/main.ts')],
    tsconfig: join(root, 'tsconfig.base.json'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: file,
  });
  const children = new Set<ChildProcess>();
  return {
    run(command, env, options = []) {
      const child = spawn(process.execPath, [file, command, ...options], { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
      children.add(child);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
      const ended = new Promise<number | string>((done) =>
        child.once('close', (code, signal) => {
          children.delete(child);
          done(code ?? signal!);
        }),
      );
      return { child, output: () => output, ended };
    },
    async remove() {
      for (const child of children) child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port that is free now. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
