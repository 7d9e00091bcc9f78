import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';

const workspace = resolve(__dirname, '../../..');
const source = `/** What it costs, in cents. */
export function costOf(weight: number): number {
  if (weight > 10) return 900;
  return 400;
}
`;
const test = "import { costOf } from './parcel';\nit('a light one is cheap', () => expect(costOf(1)).toBe(400));\n";
const files = {
  'libs/parcel/project.json': JSON.stringify({ name: 'parcel', sourceRoot: 'libs/parcel/src', projectType: 'library', tags: ['lib:parcel'] }),
  'libs/parcel/jest.config.cjs': "module.exports = { ...require('../../jest.shared.cjs'), displayName: 'parcel', rootDir: __dirname };\n",
  'libs/parcel/src/parcel.ts': source,
  'libs/parcel/src/parcel.test.ts': test,
};

let clone: ScratchClone;
beforeAll(() => {
  clone = makeScratchClone('coverage of');
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(clone.folder, file)), { recursive: true });
    writeFileSync(join(clone.folder, file), text);
  }
  clone.git('add', '-A');
  clone.git('commit', '-m', 'a lib');
  clone.git('branch', '-M', 'main');
});
afterAll(() => clone.remove());

function cover(cwd: string, ...options: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync(join(workspace, 'node_modules/.bin/node'), [join(cwd, 'tools/checks/covered-lines/main.mts'), ...options], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(workspace, 'node_modules/.bin')}:${process.env['PATH']}`, NX_CACHE_DIRECTORY: join(cwd, '.nx/cache') },
  });
  return { status, said: stdout + stderr };
}

it('where no line with a statement was changed, that is said', () => {
  appendFileSync(join(clone.folder, 'README.md'), 'One more sentence.\n');
  expect(cover(clone.folder)).toMatchObject({ status: 0, said: expect.stringContaining('no line with a statement was changed') });
});

describe('of lines that were changed', () => {
  const change = `${source}
/** Whether it goes by bicycle. */
export function goesByBicycle(weight: number, metres: number): boolean {
  // a hill counts twice
  const effort = [
    weight,
    metres,
  ];
  if (effort.length > 2) {
    return false;
  }
  return weight < 5;
}
`;
  beforeAll(() => writeFileSync(join(clone.folder, 'libs/parcel/src/parcel.ts'), change));

  it('those that no test runs are listed by their file, and fail under the threshold; comments and what was there before do not count', () => {
    const { status, said } = cover(clone.folder);
    expect(said).toMatch(/^libs\/parcel\/src\/parcel\.ts {2}0 of 7 {2}no test runs 8, 10-12, 14-15, 17$/m);
    expect(said).toMatch(/^0 % of 7 changed lines since [0-9a-f]{9} are run by tests, of 80 % asked for$/m);
    expect(said).toMatch(/^add tests that run these lines/m);
    expect(status).toBe(1);
  });

  it('enough that tests run pass, whether committed or not', () => {
    writeFileSync(
      join(clone.folder, 'libs/parcel/src/parcel.test.ts'),
      `${test.replace('costOf }', 'costOf, goesByBicycle }')}it('light ones go by bicycle', () => expect(goesByBicycle(1, 100)).toBe(true));\n`,
    );
    clone.git('checkout', '-b', 'bicycles');
    clone.git('add', '-A');
    clone.git('commit', '-m', 'bicycles');
    const { status, said } = cover(clone.folder, '--threshold=85');
    expect(said).toMatch(/^libs\/parcel\/src\/parcel\.ts {2}6 of 7 {2}no test runs 15$/m);
    expect(status).toBe(0);
  });

  it('none is told where a test fails', () => {
    appendFileSync(join(clone.folder, 'libs/parcel/src/parcel.test.ts'), "it('fails', () => expect(1).toBe(2));\n");
    expect(cover(clone.folder)).toMatchObject({ status: 1, said: expect.stringMatching(/the tests of parcel fail: mend them first\n$/) });
  });
});

describe('one sentence says what to do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'no base '));
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: folder, stdio: 'ignore' });
  beforeAll(() => {
    mkdirSync(join(folder, 'tools'));
    symlinkSync(join(workspace, 'tools/checks'), join(folder, 'tools/checks'));
    git('init', '-q', '-b', 'work');
    git('commit', '-q', '--allow-empty', '-m', 'one');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const sentence = (...options: string[]) => cover(folder, ...options).said;

  it('where there is nothing to compare with', () => {
    expect(sentence()).toBe('this clone has neither origin/main nor main to compare with: name a commit or a branch, --base=HEAD~1\n');
  });

  it('where what is named is not there', () => {
    expect(sentence('--base=nowhere')).toBe('nowhere is no commit of this clone: "git fetch" brings what is not here yet\n');
  });

  it('where the clone is too shallow', () => {
    git('checkout', '-q', '--orphan', 'other');
    git('commit', '-q', '--allow-empty', '-m', 'another');
    git('fetch', '-q', '--depth=1', workspace, 'HEAD:shallow');
    expect(sentence('--base=shallow')).toBe('this clone is too shallow to tell where HEAD left shallow: "git fetch --unshallow" brings the rest\n');
  });

  it('where the threshold is none', () => {
    expect(sentence('--base=HEAD', '--threshold=most')).toBe('a threshold of "most" is no percentage from 0 to 100\n');
  });
});
