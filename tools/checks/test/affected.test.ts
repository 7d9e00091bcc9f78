import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const workspace = resolve(__dirname, '../../..');
const consumers = ['auth', 'e2e', 'gateway', 'user'];
let clone: string;

beforeAll(() => {
  clone = mkdtempSync(join(tmpdir(), 'affected '));
  // the tree as it stands, whether committed or not
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: workspace, maxBuffer: 64 << 20 });
  const archive = execFileSync('tar', ['c', '--null', '--files-from=-', '--ignore-failed-read'], { cwd: workspace, input: files, maxBuffer: 256 << 20, stdio: ['pipe', 'pipe', 'ignore'] });
  execFileSync('tar', ['x'], { cwd: clone, input: archive });
  symlinkSync(join(workspace, 'node_modules'), join(clone, 'node_modules'));
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: clone, stdio: 'ignore' });
  git('init', '-q');
  git('add', '-A');
  git('commit', '-q', '-m', 'base');
});
afterAll(() => rmSync(clone, { recursive: true, force: true }));

/** The projects that a change to one file reaches. */
function affectedBy(file: string): string[] {
  appendFileSync(join(clone, file), '\n');
  const env = { ...process.env, NX_DAEMON: 'false', NX_CACHE_DIRECTORY: join(clone, '.nx/cache'), NX_WORKSPACE_ROOT_PATH: clone };
  const output = execFileSync(join(workspace, 'node_modules/.bin/nx'), ['show', 'projects', '--affected', '--base=HEAD', '--json'], { cwd: clone, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  execFileSync('git', ['checkout', '-q', '--', file], { cwd: clone });
  return (JSON.parse(output) as string[]).sort();
}

describe('a change reaches what depends on it, and nothing else', () => {
  it('an app: itself and the end-to-end tests', () => {
    expect(affectedBy('apps/user/src/user.ts')).toEqual(['e2e', 'user']);
  });

  it('a leaf lib: everything that stands on it', () => {
    const affected = affectedBy('libs/errors/src/app-error.ts');
    expect(affected).toEqual(expect.arrayContaining([...consumers, 'contracts-user', 'errors', 'postgres', 'rpc', 'transcoding']));
    expect(affected).not.toContain('launcher');
  });

  it('a lib in the middle: those who use it', () => {
    const affected = affectedBy('libs/transcoding/src/problem.ts');
    expect(affected).toEqual(expect.arrayContaining(['e2e', 'gateway', 'transcoding']));
    expect(affected).not.toContain('rpc');
  });

  it("auth's contract: auth, the gateway and not user", () => {
    const affected = affectedBy('proto/gatehouse/auth/v1/auth.proto');
    expect(affected).toEqual(expect.arrayContaining(['auth', 'contracts-auth', 'e2e', 'gateway', 'proto']));
    expect(affected).not.toContain('user');
  });

  it('a page: nobody', () => {
    expect(affectedBy('docs/architecture.md')).toEqual([]);
  });
});
