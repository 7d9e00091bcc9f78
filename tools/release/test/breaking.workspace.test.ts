import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';

const workspace = resolve(__dirname, '../../..');
const node = join(workspace, 'node_modules/.bin/node');
const contract = 'proto/gatehouse/user/v1/user.proto';
const { version } = (JSON.parse(readFileSync(join(workspace, 'docs/releases.json'), 'utf8')) as { version: string }[]).at(-1)!;
let clone: ScratchClone;
beforeAll(() => {
  clone = makeScratchClone('breaking');
  clone.git('fetch', '-q', '--update-shallow', workspace, 'HEAD');
  clone.nx('run', 'proto:third-party');
});
afterAll(() => clone.remove());

/** Compares a contract, changed in one place, with the last release. */
function compare(from: string | RegExp, to: string): { passed: boolean; output: string } {
  const file = join(clone.folder, contract);
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(from, to);
  if (changed === text && from !== '') throw new Error(`${contract} has no ${from}`);
  writeFileSync(file, changed);
  try {
    return { passed: true, output: clone.nx('run', 'proto:breaking') };
  } catch (error) {
    return { passed: false, output: String((error as { stdout: string }).stdout) };
  } finally {
    writeFileSync(file, text);
  }
}

it('the contract as it is breaks nobody', () => {
  expect(compare('', '')).toMatchObject({ passed: true, output: expect.stringContaining(`no breaking change since ${version}`) });
});

it('a field that is removed is refused', () => {
  const removed = compare(/^ {2}string display_name = \d+.*?;\n/ms, '');
  expect(removed).toMatchObject({
    passed: false,
    output: expect.stringMatching(/Previously present field "\d+" with name "display_name" on message "\w+" was deleted/),
  });
  expect(removed.output).toContain(`breaking changes since ${version}: add a field, a method or a package version instead`);
});

it('a field that is added is not', () => {
  expect(compare(/^message User \{\n/m, 'message User {\n  string nickname = 999;\n')).toMatchObject({ passed: true });
});

it('a clone that does not reach back to the release says what to do', () => {
  const shallow = makeScratchClone('shallow');
  try {
    const run = () => execFileSync(node, ['tools/release/breaking.mts'], { cwd: shallow.folder, encoding: 'utf8', stdio: 'pipe' });
    expect(run).toThrow('this clone has no commit');
    expect(run).toThrow('"git fetch --unshallow" brings it');
  } finally {
    shallow.remove();
  }
});
