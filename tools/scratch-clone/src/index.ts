import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const workspace = resolve(__dirname, '../../..');

/** A copy of the workspace that a test may change. */
export interface ScratchClone {
  readonly folder: string;
  /** Runs Nx there, with a cache of its own; gives what it wrote to stdout. @throws Error with what it wrote to stderr when that is a failure */
  nx(...args: string[]): string;
  git(...args: string[]): void;
  remove(): void;
}

/** Clones the tree as it stands, whether committed or not, with one commit. */
export function makeScratchClone(name: string): ScratchClone {
  const folder = mkdtempSync(join(tmpdir(), `${name} `));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: workspace, maxBuffer: 64 << 20 });
  const archive = execFileSync('tar', ['c', '--null', '--files-from=-', '--ignore-failed-read'], {
    cwd: workspace,
    input: files,
    maxBuffer: 256 << 20,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  execFileSync('tar', ['x'], { cwd: folder, input: archive });
  symlinkSync(join(workspace, 'node_modules'), join(folder, 'node_modules'));
  const git = (...args: string[]) =>
    void execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: folder, stdio: 'ignore' });
  git('init', '-q');
  git('add', '-A');
  git('commit', '-q', '-m', 'base');
  const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_CACHE_DIRECTORY: join(folder, '.nx/cache'), NX_WORKSPACE_ROOT_PATH: folder };
  return {
    folder,
    nx: (...args) =>
      execFileSync(join(workspace, 'node_modules/.bin/nx'), args, {
        cwd: folder,
        env,
        encoding: 'utf8',
        maxBuffer: 64 << 20,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    git,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
