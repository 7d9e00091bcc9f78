import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';
import { append, runAffected, update } from './affected-clones';

const workspace = resolve(__dirname, '../../..');
let clone: ScratchClone;
beforeAll(() => {
  clone = makeScratchClone('affected command');
  clone.git('branch', '-M', 'main');
});
afterAll(() => clone.remove());
afterEach(() => {
  clone.git('checkout', '-q', '-f', 'main');
  clone.git('clean', '-fdq');
});

describe('npm run affected', () => {
  it('says what is reached and why, runs it, and ends with one line; what nothing has committed is included', async () => {
    clone.git('checkout', '-q', '-B', 'branch');
    append('libs/errors/src/app-error.ts', '\n// committed\n')(clone.folder);
    clone.git('commit', '-q', '-a', '-m', 'one');
    append('libs/errors/src/http-status.ts', '\n// not committed\n')(clone.folder);
    const { status, stdout, stderr } = await runAffected(clone.folder, '--targets=typecheck', '--base=main', '--dry-run');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^2 files differ from [0-9a-f]{7}, where main was left, 1 of them not committed and included$/m);
    expect(stdout).toMatch(/^ {2}errors +typecheck +libs\/errors\/src\/app-error\.ts, libs\/errors\/src\/http-status\.ts$/m);
    expect(stdout).toMatch(/^ {2}user +typecheck +/m);
  });

  it('names the package that is another in the lock file, and the contract behind code that is made from it', async () => {
    update('ioredis')(clone.folder);
    append('proto/gatehouse/auth/v1/auth.proto', 'message Added {}\n')(clone.folder);
    const { stdout } = await runAffected(clone.folder, '--targets=build', '--base=main', '--dry-run');
    expect(stdout).toMatch(/^ {2}auth +build +proto\/gatehouse\/auth\/v1\/auth\.proto$/m);
    clone.git('checkout', '-q', 'proto');
    const { stdout: ofPackage } = await runAffected(clone.folder, '--targets=build', '--base=main', '--dry-run');
    expect(ofPackage).toMatch(/^ {2}gateway +build +ioredis$/m);
  });

  it('fails with what has failed', async () => {
    append('tools/compose/make-secrets.mts', "\nexport const wrong: number = 'text';\n")(clone.folder);
    const { status, stdout } = await runAffected(clone.folder, '--targets=typecheck', '--base=main');
    expect(status).toBe(1);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^affected: 1 of 1 steps failed: typecheck of .*compose.*$/);
  });

  it('names the file that keeps Nx from reading the tree; where that is in the base alone, everything counts as affected', async () => {
    clone.git('checkout', '-q', '-B', 'branch');
    writeFileSync(join(clone.folder, 'apps/user/project.json'), '{ "name": "user",');
    const unreadable = await runAffected(clone.folder, '--dry-run');
    expect([unreadable.status, unreadable.stdout]).toEqual([1, '']);
    expect(unreadable.stderr).toMatch(/^Nx cannot read the workspace: [^]*apps\/user\/project\.json/);
    clone.git('commit', '-q', '-a', '-m', 'broken');
    clone.git('revert', '--no-edit', 'HEAD');
    const { status, stdout, stderr } = await runAffected(clone.folder, '--dry-run', '--base=HEAD^');
    expect(stderr).toMatch(/^everything counts as affected, since the commit that is compared with cannot be read: /);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ {2}launcher +lint typecheck test build /m);
  });

  it('says by which checks of the whole tree it is looked at, those of npm test among them', async () => {
    append('package-lock.json')(clone.folder);
    append('proto/gatehouse/user/v1/user.proto', 'message Added {}\n')(clone.folder);
    const { stdout } = await runAffected(clone.folder, '--base=main', '--dry-run');
    expect(stdout).toContain(
      '\nbeside them: the lock file installs everywhere, licences of what is shipped, format, what nobody uses, rules of the contract, third-party protos, the contract breaks nobody\n',
    );
  });

  it('takes a link, a nested checkout and a file that is named like an option for what they are', async () => {
    clone.git('checkout', '-q', '-B', 'branch');
    symlinkSync('nowhere', join(clone.folder, 'link.yaml'));
    clone.git('init', '-q', join(clone.folder, 'nested checkout'));
    clone.git('-C', 'nested checkout', 'commit', '-q', '--allow-empty', '-m', 'nested');
    writeFileSync(join(clone.folder, 'nested checkout/formless.yaml'), 'a:    1\n');
    writeFileSync(join(clone.folder, "--it's named.yaml"), 'a: 1\n');
    const { status, stdout } = await runAffected(clone.folder, '--base=main');
    rmSync(join(clone.folder, 'nested checkout'), { recursive: true });
    expect(stdout).toMatch(/✔ format/);
    expect([status, status ? stdout : '']).toEqual([0, '']);
  });

  it('has nothing to do where nothing has changed', async () => {
    const { status, stdout } = await runAffected(clone.folder);
    expect(status).toBe(0);
    expect(stdout).toMatch(/no project is reached\n\naffected: 0 steps passed\n$/);
  });

  it('refuses an option or a target that it does not know, and names those that there are', async () => {
    expect(await runAffected(clone.folder, '--bse=main')).toMatchObject({ status: 2, stderr: expect.stringMatching(/'--bse'[^]*\nusage: .*--base=<ref>/) });
    expect(await runAffected(clone.folder, '--targets=tset')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('there is no tset, but lint, typecheck, test'),
    });
  });
});

describe('npm run affected has nothing to compare with', () => {
  const refused = async (folder: string, ...options: string[]) => {
    const { status, stdout, stderr } = await runAffected(folder, ...options);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    return stderr;
  };

  it('where a base is named that this clone does not have', async () => {
    expect(await refused(clone.folder, '--base=origin/gone')).toMatch(/no commit origin\/gone: bring it by "git fetch", or name another by --base=<ref>/);
  });

  it('where there is no main', async () => {
    clone.git('checkout', '-q', '-B', 'main');
    clone.git('branch', '-m', 'main', 'trunk');
    try {
      expect(await refused(clone.folder)).toMatch(/neither origin\/main nor main .*git fetch origin main/);
    } finally {
      clone.git('branch', '-m', 'trunk', 'main');
    }
  });

  it('where the histories have nothing in common', async () => {
    clone.git('checkout', '-q', '--orphan', 'another');
    clone.git('commit', '-q', '-m', 'another beginning');
    expect(await refused(clone.folder, '--base=main')).toMatch(/no commit in common: name a commit of this history by --base=<ref>/);
  });

  it('where the clone is shallow', async () => {
    const shallow = mkdtempSync(join(tmpdir(), 'shallow '));
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: shallow, stdio: 'ignore' });
    try {
      clone.git('checkout', '-q', '-B', 'side');
      append('README.md')(clone.folder);
      clone.git('commit', '-q', '-a', '-m', 'side');
      clone.git('checkout', '-q', 'main');
      append('LICENSE')(clone.folder);
      clone.git('commit', '-q', '-a', '-m', 'main');
      git('clone', '-q', '--depth=1', '--no-single-branch', `file://${clone.folder}`, '.');
      git('checkout', '-q', 'side');
      expect(await refused(shallow, '--base=origin/main')).toMatch(/shallow and does not reach back .*git fetch --unshallow/);
    } finally {
      clone.git('reset', '-q', '--hard', 'main^');
      rmSync(shallow, { recursive: true, force: true });
    }
  });

  it('where there is no git checkout', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'no checkout '));
    try {
      execFileSync('cp', ['-r', 'tools', folder], { cwd: clone.folder });
      expect(await refused(folder)).toMatch(/no checkout with a commit.*run it in a clone/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a contract without its comments', () => {
  const digest = (text: string) => {
    writeFileSync(join(clone.folder, 'proto/gatehouse/user/v1/user.proto'), text);
    return spawnSync(join(workspace, 'node_modules/.bin/node'), ['tools/generate/tokens.mjs', 'proto/gatehouse/user'], { cwd: clone.folder, encoding: 'utf8' })
      .stdout;
  };
  const text = readFileSync(join(workspace, 'proto/gatehouse/user/v1/user.proto'), 'utf8');

  it.each([
    ['a comment of a line', `${text}// added\n`],
    ['a block', text.replace(';\n', '; /* "added */\n')],
    ['spaces', text.replaceAll('\n', '\n\n')],
  ])('is what it was, whatever is done to %s', (_what, changed) => expect(digest(changed)).toBe(digest(text)));

  it.each([
    ['a string that looks like a comment', text.replace(/"(?=[^"\n]*";)/, '"//')],
    ['a declaration', `${text}message Added {}\n`],
    ['a quote that is not closed', `${text}'`],
    ['tokens that a space parts', text.replace('package ', 'pack age ')],
  ])('is another with %s', (_what, changed) => expect(digest(changed)).not.toBe(digest(text)));
});
