import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Release, unpackRelease } from './last-release';

/**
 * The services as a release built them: made from its commit with the packages that are installed, and kept in tmp/releases.
 * @param say is told what takes its time
 * @returns the folder of their bundles, `user/main.cjs` and so on
 * @throws Error with what the build wrote, where it fails
 */
export function buildReleaseBundles(release: Release, workspace: string, say: (line: string) => void): string {
  const kept = join(workspace, 'tmp/releases', release.commit);
  if (existsSync(kept)) return kept;
  const source = mkdtempSync(join(tmpdir(), 'gatehouse release '));
  try {
    say(`building release ${release.version} of ${release.commit.slice(0, 7)}, once: it is kept in ${kept}`);
    unpackRelease(release, source, [], workspace);
    symlinkSync(join(workspace, 'node_modules'), join(source, 'node_modules'));
    const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_CACHE_DIRECTORY: join(source, '.nx/cache'), NX_WORKSPACE_ROOT_PATH: source };
    const nx = join(workspace, 'node_modules/.bin/nx');
    const { status, stdout, stderr } = spawnSync(nx, ['run-many', '-t', 'build', '-p', 'user', 'auth', 'gateway', '--output-style=static'], { cwd: source, env, encoding: 'utf8', maxBuffer: 64 << 20 });
    if (status !== 0) throw new Error(`release ${release.version} does not build with the packages that are installed now: ${stdout.slice(-4_000)}${stderr.slice(-2_000)}`);
    // moved when they are complete, so that a build that is cut short leaves nothing that looks like one
    const made = `${kept}-${process.pid}`;
    mkdirSync(made, { recursive: true });
    cpSync(join(source, 'dist/apps'), made, { recursive: true });
    renameSync(made, kept);
    say(`release ${release.version} is built`);
    return kept;
  } finally {
    rmSync(source, { recursive: true, force: true });
  }
}
