import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';

const workspace = resolve(__dirname, '../../..');
const file = 'apps/user/src/greeting.ts';
const formless = 'export const greeting = ( name : string ) => `Hello ${name}`\n';
const formed = 'export const greeting = (name: string) => `Hello ${name}`;\n';
let clone: ScratchClone;
beforeAll(() => (clone = makeScratchClone('hooks of')));
afterAll(() => clone.remove());

function run(command: string, ...args: string[]): { status: number | null; said: string } {
  const { GIT_DIR: _dir, GIT_INDEX_FILE: _index, ...outer } = process.env;
  const identity = { GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.com', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.com' };
  const env = { ...outer, ...identity, NX_DAEMON: 'false', NX_CACHE_DIRECTORY: join(clone.folder, '.nx/cache'), NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: clone.folder, encoding: 'utf8', env });
  return { status, said: stdout + stderr };
}
const hooks = (...args: string[]) => run(join(workspace, 'node_modules/.bin/node'), 'tools/checks/hooks.mts', ...args);
const git = (...args: string[]) => run('git', ...args);
function commit(text: string): { status: number | null; said: string } {
  writeFileSync(join(clone.folder, file), text);
  git('add', file);
  return git('commit', '-m', 'a greeting');
}
const committed = () => git('show', `HEAD:${file}`).said;

it('a commit is not looked at before the hook is set up', () => {
  expect(clone.folder).toContain(' ');
  expect(commit(formless)).toMatchObject({ status: 0 });
  expect(committed()).toBe(formless);
});

describe('once it is', () => {
  beforeAll(() => expect(hooks()).toMatchObject({ status: 0, said: expect.stringContaining('"npm run hooks -- --off"') }));

  it('what is committed has its form, and what is not is left alone', () => {
    appendFileSync(join(clone.folder, 'apps/user/src/user.ts'), 'const  formless=1');
    expect(commit(`${formless}// again\n`)).toMatchObject({ status: 0 });
    expect(committed()).toBe(`${formed}// again\n`);
    expect(readFileSync(join(clone.folder, 'apps/user/src/user.ts'), 'utf8')).toMatch(/const {2}formless=1$/);
    git('checkout', 'apps/user/src/user.ts');
  });

  it('what breaks a rule is not committed, and stays staged as it was', () => {
    const wrong = "export * from './user';\n";
    const { status, said } = commit(wrong);
    expect(status).not.toBe(0);
    expect(said).toContain('List the names: an index.ts is a table of contents');
    expect(committed()).toContain('greeting');
    expect(git('show', `:${file}`).said).toBe(wrong);
  });

  it('changes that stand unstaged in lines that get their form are kept, and it is said what to do', () => {
    git('reset', '-q', '--hard');
    const unstaged = formless.replace('Hello', 'Good day,');
    writeFileSync(join(clone.folder, file), formless.replace('Hello', 'Good morning,'));
    git('add', file);
    writeFileSync(join(clone.folder, file), unstaged);
    const { status, said } = git('commit', '-m', 'overlapping');
    expect(status).not.toBe(0);
    expect(said).toContain('nothing was committed, and the files are as they were');
    expect(said).toContain('"npm run format" and stage again');
    expect(readFileSync(join(clone.folder, file), 'utf8')).toBe(unstaged);
    expect(git('show', `:${file}`).said).toContain('Good morning,');
    git('reset', '-q', '--hard');
  });

  it('it is taken away by --off', () => {
    expect(hooks('--off')).toMatchObject({ status: 0 });
    expect(commit(formless)).toMatchObject({ status: 0 });
    expect(committed()).toBe(formless);
  });
});

it('hooks that the clone has already are left to it', () => {
  git('config', 'core.hooksPath', 'my hooks');
  expect(hooks()).toMatchObject({ status: 1, said: expect.stringContaining('hooks of its own in my hooks: "git config --unset core.hooksPath"') });
  expect(hooks('--off')).toMatchObject({ status: 1 });
  git('config', '--unset', 'core.hooksPath');
});

it('a clone without packages says what the hook needs', () => {
  hooks();
  git('mv', '-k', 'README.md', 'READ.md');
  const { status, said } = run('sh', '-c', 'mv node_modules elsewhere; git commit -m moved; code=$?; mv elsewhere node_modules; exit $code');
  expect(status).toBe(1);
  expect(said).toContain('the commit hook needs what "npm ci" brings');
  expect(existsSync(join(clone.folder, 'node_modules'))).toBe(true);
});
