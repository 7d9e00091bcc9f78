// `buf breaking` against a base commit (argument, or origin/main, or main): the base's protos are compiled against the
// third-party protos of the working tree, since those come from npm and are in no commit.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
const exists = (commit: string) => {
  try {
    return git('rev-parse', '--verify', `${commit}^{commit}`) !== '';
  } catch {
    return false;
  }
};

const candidates = process.argv[2] ? [process.argv[2]] : ['origin/main', 'main', 'HEAD'];
const base = candidates.find(exists);
if (!base) throw new Error(`no such commit: ${candidates.join(', ')}; name the commit to compare with as the argument`);

const folder = mkdtempSync(join(tmpdir(), 'breaking-'));
try {
  const archive = execFileSync('git', ['archive', git('merge-base', base, 'HEAD'), 'buf.yaml', 'proto'], { maxBuffer: 64 << 20 });
  execFileSync('tar', ['x', '-C', folder], { input: archive });
  symlinkSync(join(process.cwd(), 'third_party'), join(folder, 'third_party'));
  execFileSync('buf', ['build', 'proto', '-o', 'base.binpb'], { cwd: folder, stdio: 'inherit' });
  const verdict = spawnSync('buf', ['breaking', 'proto', '--against', join(folder, 'base.binpb'), '--exclude-imports'], { stdio: 'inherit' });
  process.exitCode = verdict.status ?? 1;
  console.log(process.exitCode ? `breaking changes since ${base}: add a field, a method or a package version instead` : `no breaking change since ${base}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
