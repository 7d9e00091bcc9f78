import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';

const consumers = ['auth', 'e2e', 'gateway', 'user'];
let clone: ScratchClone;
beforeAll(() => (clone = makeScratchClone('affected')));
afterAll(() => clone.remove());

/** The projects that what was changed reaches, of those with the target. The change is taken back. */
function takeAffected(...options: string[]): string[] {
  const projects = JSON.parse(clone.nx('show', 'projects', '--affected', '--base=HEAD', '--json', ...options)) as string[];
  clone.git('checkout', '-q', '.');
  return projects.sort();
}

function affectedBy(file: string, ...options: string[]): string[] {
  appendFileSync(join(clone.folder, file), '\n');
  return takeAffected(...options);
}

function affectedByUpdateOf(name: string, ...options: string[]): string[] {
  const file = join(clone.folder, 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  Object.assign(lock.packages[`node_modules/${name}`], { version: '99.0.0', integrity: 'sha512-another' });
  writeFileSync(file, JSON.stringify(lock, null, 2));
  return takeAffected(...options);
}

describe('a change reaches what depends on it, and nothing else', () => {
  it('an app: itself, and what runs it as it is built', () => {
    expect(affectedBy('apps/user/src/user.ts')).toEqual(['bench', 'e2e', 'user']);
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

describe('an update in the lock file reaches', () => {
  it('who is checked by the tool', () => {
    expect(affectedByUpdateOf('@nx/eslint-plugin')).toEqual(expect.arrayContaining(['auth', 'contracts-user', 'rpc', 'look']));
  });

  it('who stands on the package, however deep it lies', () => {
    // of ioredis, which the gateway has
    const affected = affectedByUpdateOf('standard-as-callback');
    expect(affected).toEqual(expect.arrayContaining(['e2e', 'gateway']));
    expect(affected).not.toContain('user');
  });
});

describe('a change makes a new image', () => {
  const withImage = '--withTarget=image';

  it.each([
    ['of the app that it is in', 'apps/user/src/user.ts', ['user']],
    ['of all, where everything stands on it', 'libs/errors/src/app-error.ts', ['auth', 'gateway', 'user']],
    ['of those who serve or call a contract', 'proto/gatehouse/auth/v1/auth.proto', ['auth', 'gateway']],
    ['of none, where it is a page', 'docs/images.md', []],
  ])('%s', (_who, file, images) => {
    expect(affectedBy(file, withImage)).toEqual(images);
  });

  it.each([
    ['of whose bundle has the package', 'ioredis', ['gateway']],
    ['of whose image has the package beside the bundle', '@node-rs/argon2', ['auth']],
    ['of all whose bundle is made by the package', 'esbuild', ['auth', 'gateway', 'user']],
    ['of none, where only a tool of the workspace has it', 'uplot', []],
  ])('%s', (_who, name, images) => {
    expect(affectedByUpdateOf(name, withImage)).toEqual(images);
  });
});
