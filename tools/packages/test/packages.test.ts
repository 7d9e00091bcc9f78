import { examples, installByLinks, makeScratchProject, outputs, projects, type ScratchProject, tarballOf, workspace } from '../src';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (file: string) => readFileSync(join(workspace, file), 'utf8');

let scratch: ScratchProject;
beforeAll(() => {
  scratch = makeScratchProject(installByLinks);
  scratch.compile();
}, 60_000);
afterAll(() => scratch?.remove());

describe.each(['esm', 'cjs'] as const)('outside of the workspace, as %s,', (form) => {
  it.each(examples)('the example of %s does what it says', (example) => {
    expect(scratch.run([`${form}/${example}/example.js`])).toMatch(outputs[example]);
  });
});

it('a bundler finds the types of every package', () => {
  scratch.checkForBundler();
});

it('import and require give the same class of errors and the same call in progress', () => {
  const code = `
    import { createRequire } from 'node:module';
    import * as errors from '@gatehouse/errors';
    import * as rpc from '@gatehouse/rpc';
    const require = createRequire(import.meta.url);
    console.log(errors.AppError === require('@gatehouse/errors').AppError, rpc.currentCall === require('@gatehouse/rpc').currentCall);`;
  expect(scratch.run(['--input-type=module', '--eval', code])).toBe('true true\n');
});

describe.each(examples)('%s', (project) => {
  it('exports what its api.md says, which npm run packages writes', () => {
    expect(read(`libs/${project}/api.md`)).toBe(read(`dist/packages/${project}.md`));
  });

  it('shows in its README the example that runs', () => {
    expect(read(`libs/${project}/README.md`)).toContain(`\`\`\`ts\n${read(`libs/${project}/example/example.ts`)}\`\`\``);
  });
});

const code = ['cjs', 'd.cts', 'd.mts', 'mjs'];
describe.each(projects)('the tarball of %s', (project) => {
  const unpack = (...names: string[]) => execFileSync('tar', ['xzOf', tarballOf(project), ...names], { encoding: 'utf8' });

  it('holds code and types in both forms, the README and the licence, and nothing else', () => {
    const names = execFileSync('tar', ['tzf', tarballOf(project)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .sort();
    const [entry, ...protos] = project === 'contracts-api' ? ['api', 'proto/gatehouse/api/v1/errors.proto', 'proto/gatehouse/api/v1/options.proto'] : ['index'];
    const expected = ['LICENSE', 'README.md', 'package.json', ...code.map((extension) => `${entry}.${extension}`), ...protos];
    expect(names).toEqual(expected.map((name) => `package/${name}`).sort());
  });

  it('leads nowhere into the workspace', () => {
    const text = unpack();
    for (const path of [workspace, 'libs/', 'apps/', 'tools/', '../', '/src/']) expect(text).not.toContain(path);
  });

  it('says its version, and exact ones of what it is made with', () => {
    const { version, dependencies = {} } = JSON.parse(unpack('package/package.json')) as { version: string; dependencies?: Record<string, string> };
    const root = JSON.parse(read('package.json')) as { version: string; dependencies: Record<string, string> };
    expect(version).toBe(root.version);
    for (const [name, range] of Object.entries(dependencies)) expect(range).toBe(name.startsWith('@gatehouse/') ? root.version : root.dependencies[name]);
  });
});
