import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';

const plans = '.nx/version-plans';
let clone: ScratchClone;
const ask = (...args: string[]) => execFileSync('git', args, { cwd: clone.folder, encoding: 'utf8' }).trim();
const read = (file: string) => readFileSync(join(clone.folder, file), 'utf8');
const readJson = (file: string) => JSON.parse(read(file));
const environment = () => ({
  ...process.env,
  NX_DAEMON: 'false',
  NX_TUI: 'false',
  NX_CACHE_DIRECTORY: join(clone.folder, '.nx/cache'),
  NX_WORKSPACE_ROOT_PATH: clone.folder,
});
const release = (...args: string[]) =>
  execFileSync('npm', ['run', 'release', '--', ...args], { cwd: clone.folder, env: environment(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

beforeAll(() => {
  Object.assign(process.env, {
    GIT_AUTHOR_NAME: 'test',
    GIT_AUTHOR_EMAIL: 'test@example.com',
    GIT_COMMITTER_NAME: 'test',
    GIT_COMMITTER_EMAIL: 'test@example.com',
  });
  clone = makeScratchClone('release');
  for (const plan of existsSync(join(clone.folder, plans)) ? readdirSync(join(clone.folder, plans)) : []) rmSync(join(clone.folder, plans, plan));
  writeFileSync(join(clone.folder, 'package.json'), read('package.json').replace(/"version": "[^"]+"/, '"version": "1.4.7"'));
  clone.git('commit', '-aqm', 'version 1.4.7');
  clone.nx('release', 'plan', 'minor', '--message=People have nicknames.', '--only-touched=false');
  clone.git('add', '-A');
  clone.git('commit', '-qm', 'user: nicknames');
});
afterAll(() => clone.remove());

it('--dry-run shows version, changelog and record, and changes nothing', () => {
  const shown = release('--dry-run');
  for (const line of ['+   "version": "1.5.0",', '+ - People have nicknames.', `+   { "version": "1.5.0", "commit": "${ask('rev-parse', 'HEAD')}" }`])
    expect(shown).toContain(line);
  expect(ask('status', '--porcelain')).toBe('');
  expect(ask('tag')).toBe('');
});

it('a tree with what is not committed, or a git that does not know who commits, is refused before anything is written', () => {
  writeFileSync(join(clone.folder, 'LICENSE'), 'changed');
  clone.git('add', 'LICENSE');
  const nobody = { GIT_AUTHOR_NAME: '', GIT_AUTHOR_EMAIL: '', GIT_COMMITTER_NAME: '', GIT_COMMITTER_EMAIL: '' };
  const refused = spawnSync('npm', ['run', 'release'], { cwd: clone.folder, env: { ...environment(), ...nobody }, encoding: 'utf8' });
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(
    'the tree holds what is not committed, and a release is recorded with the commit that it is made of: commit or remove\nM  LICENSE\ngit does not know who commits',
  );
  expect(ask('status', '--porcelain')).toBe('M  LICENSE');
  clone.git('reset', '-q', '--hard');
});

it('one version for the three services: in package.json and its lock, recorded with the commit it was made of, in the changelog, committed and tagged', () => {
  const made = ask('rev-parse', 'HEAD');
  const before = readJson('docs/releases.json');
  release();
  expect(readJson('package.json').version).toBe('1.5.0');
  expect(readJson('package-lock.json')).toMatchObject({ version: '1.5.0', packages: { '': { version: '1.5.0' } } });
  expect(readJson('docs/releases.json')).toEqual([...before, { version: '1.5.0', commit: made }]);
  expect(read('CHANGELOG.md')).toMatch(/^## 1\.5\.0 \(\d{4}-\d{2}-\d{2}\)\n[^]*- People have nicknames\.\n[^]*## 0\.1\.0 /);
  expect(existsSync(join(clone.folder, plans)) ? readdirSync(join(clone.folder, plans)) : []).toEqual([]);
  expect(ask('status', '--porcelain')).toBe('');
  expect(ask('log', '-1', '--format=%s %D')).toMatch(/^release: 1\.5\.0 .*tag: v1\.5\.0/);
});

it('its images have its version as their tag and label', () => {
  const env = { ...environment(), IMAGE_BUILD: 'echo' };
  const told = execFileSync('npm', ['run', 'release:images', '--', '-p', 'user', '--output-style=static'], { cwd: clone.folder, encoding: 'utf8', env });
  expect(told).toMatch(/--build-arg VERSION=1\.5\.0 .*--tag gatehouse\/user:1\.5\.0 dist\/images\/user$/m);
  expect(readJson('dist/images/user.json')).toMatchObject({ tag: 'gatehouse/user:1.5.0', VERSION: '1.5.0', REVISION: ask('rev-parse', 'HEAD') });
});

it('without a plan there is nothing to release', () => {
  expect(release('--dry-run')).not.toContain('"version": "1.5.1"');
});
