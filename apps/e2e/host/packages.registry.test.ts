import { examples, installByNpm, makeScratchProject, outputs, type ScratchProject, tarballOf, workspace } from '@gatehouse/packages';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Node itself as a package, by platform
const node22 = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;

let scratch: ScratchProject;
beforeAll(() => {
  execFileSync(join(workspace, 'node_modules/.bin/nx'), ['run-many', '-t', 'package', '--output-style=static'], {
    cwd: workspace,
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  scratch = makeScratchProject((folder) => installByNpm(folder, `${node22}@22`));
  scratch.compile();
}, 300_000);
afterAll(() => scratch?.remove());

describe.each([
  ['Node 24', () => process.execPath, /^v24\./],
  ['Node 22', () => join(scratch.folder, 'node_modules', node22, 'bin/node'), /^v22\./],
] as const)('installed by npm, under %s,', (_name, findNode, version) => {
  it('is asked for', () => {
    expect(scratch.run(['--version'], findNode())).toMatch(version);
  });

  it.each(examples.flatMap((example) => (['esm', 'cjs'] as const).map((form) => [example, form] as const)))(
    'the example of %s as %s does what it says',
    (example, form) => {
      expect(scratch.run([`${form}/${example}/example.js`], findNode())).toMatch(outputs[example]);
    },
  );
});

it('the types of all are found by a bundler too', () => {
  scratch.checkForBundler();
});

it('errors are of one class, whichever package they came with', () => {
  const found = execFileSync('npm', ['ls', '--all', '--parseable', '@gatehouse/errors'], { cwd: scratch.folder, encoding: 'utf8' });
  expect(
    found
      .trim()
      .split('\n')
      .map((path) => path.slice(scratch.folder.length)),
  ).toEqual(['/node_modules/@gatehouse/errors']);
});

it('a package that is made again is the same to the byte', () => {
  const out = mkdtempSync(join(tmpdir(), 'packages '));
  execFileSync(process.execPath, ['tools/packages/src/main.mts', 'libs/rpc', 'rpc', out], { cwd: workspace, stdio: 'inherit' });
  expect(readFileSync(join(out, 'rpc.tgz')).equals(readFileSync(tarballOf('rpc')))).toBe(true);
  rmSync(out, { recursive: true });
});
