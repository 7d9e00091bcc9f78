// `buf breaking` against the last release, or the commit that is named as the argument: its protos are compiled against the
// third-party protos of the working tree, since those come from npm and are in no commit.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastRelease, unpackRelease } from './last-release.mts';

const [commit] = process.argv.slice(2);
const base = commit ? { version: commit, commit } : lastRelease();
const folder = mkdtempSync(join(tmpdir(), 'breaking-'));
try {
  unpackRelease(base, folder, ['buf.yaml', 'proto']);
  symlinkSync(join(process.cwd(), 'third_party'), join(folder, 'third_party'));
  execFileSync('buf', ['build', 'proto', '-o', 'base.binpb'], { cwd: folder, stdio: 'inherit' });
  const verdict = spawnSync('buf', ['breaking', 'proto', '--against', join(folder, 'base.binpb'), '--exclude-imports'], { stdio: 'inherit' });
  process.exitCode = verdict.status ?? 1;
  console.log(
    process.exitCode
      ? `breaking changes since ${base.version}: add a field, a method or a package version instead`
      : `no breaking change since ${base.version}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
