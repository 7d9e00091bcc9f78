import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';

const consumers = ['auth', 'e2e', 'gateway', 'user'];
let clone: ScratchClone;
beforeAll(() => (clone = makeScratchClone('affected')));
afterAll(() => clone.remove());

/** The projects that a change to one file reaches. */
function affectedBy(file: string): string[] {
  appendFileSync(join(clone.folder, file), '\n');
  const projects = JSON.parse(clone.nx('show', 'projects', '--affected', '--base=HEAD', '--json')) as string[];
  clone.git('checkout', '-q', '--', file);
  return projects.sort();
}

/** The services of which a change to one file makes a new image. */
function imagesOf(file: string): string[] {
  appendFileSync(join(clone.folder, file), '\n');
  const projects = JSON.parse(clone.nx('show', 'projects', '--affected', '--base=HEAD', '--withTarget=image', '--json')) as string[];
  clone.git('checkout', '-q', '--', file);
  return projects.sort();
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

describe('a change makes a new image', () => {
  it.each([
    ['of the app that it is in', 'apps/user/src/user.ts', ['user']],
    ['of all, where everything stands on it', 'libs/errors/src/app-error.ts', ['auth', 'gateway', 'user']],
    ['of those who serve or call a contract', 'proto/gatehouse/auth/v1/auth.proto', ['auth', 'gateway']],
    ['of none, where it is a page', 'docs/images.md', []],
  ])('%s', (_who, file, images) => {
    expect(imagesOf(file)).toEqual(images);
  });
});
