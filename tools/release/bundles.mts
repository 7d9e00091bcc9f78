// The services as the last release built them: made from its commit with the packages that are installed, and kept in
// tmp/releases. Says what takes its time on stderr, and on stdout where the bundles are: `{"version": …, "folder": …}`.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { lastRelease, type Release, unpackRelease } from './last-release.mts';

function build(release: Release, folder: string): void {
  const source = mkdtempSync(join(tmpdir(), 'gatehouse release '));
  try {
    unpackRelease(release, source);
    symlinkSync(resolve('node_modules'), join(source, 'node_modules'));
    const env = { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false', NX_CACHE_DIRECTORY: join(source, '.nx/cache'), NX_WORKSPACE_ROOT_PATH: source };
    const { status } = spawnSync(resolve('node_modules/.bin/nx'), ['run-many', '-t', 'build', '-p', 'apps/*', '--output-style=static'], {
      cwd: source,
      env,
      stdio: ['ignore', 2, 2],
    });
    if (status !== 0) throw new Error(`release ${release.version} does not build with the packages that are installed now`);
    // moved when they are complete, so that a build that is cut short leaves nothing that looks like one
    const made = `${folder}-${process.pid}`;
    mkdirSync(made, { recursive: true });
    cpSync(join(source, 'dist/apps'), made, { recursive: true });
    renameSync(made, folder);
  } finally {
    rmSync(source, { recursive: true, force: true });
  }
}

const release = lastRelease();
const folder = resolve('tmp/releases', release.commit);
if (!existsSync(folder)) {
  console.error(`building release ${release.version} of ${release.commit.slice(0, 7)}, once`);
  build(release, folder);
}
console.log(JSON.stringify({ version: release.version, folder }));
