import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { makeScratchClone, type ScratchClone } from '@gatehouse/scratch-clone';

const workspace = resolve(__dirname, '../../..');
const env = { ...process.env, PATH: `${join(workspace, 'node_modules/.bin')}:${process.env['PATH']}`, NO_COLOR: '1' };

/** Runs a check as Nx has a shell run it. */
function check(target: string, folder: string): { status: number | null; said: string } {
  const { targets } = JSON.parse(readFileSync(join(workspace, 'tools/checks/project.json'), 'utf8'));
  const { status, stdout } = spawnSync('sh', ['-c', `(${targets[target].options.command}) 2>&1`], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return { status, said: stdout };
}
const lastLineOf = (said: string) => said.trim().split('\n').at(-1);

it('a file that has not the form of all others is named, and what gives it its form', () => {
  const folder = mkdtempSync(join(tmpdir(), 'formless '));
  try {
    for (const file of ['.prettierrc.json', '.prettierignore']) cpSync(join(workspace, file), join(folder, file));
    writeFileSync(join(folder, 'formed.ts'), "export const formed = 'x';\n");
    expect(check('format', folder)).toMatchObject({ status: 0 });
    writeFileSync(join(folder, 'formless.ts'), 'export const  formless = "x"');
    const { status, said } = check('format', folder);
    expect(status).toBe(1);
    expect(said).toContain('formless.ts');
    expect(lastLineOf(said)).toContain('npm run format');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe('in a copy of the tree', () => {
  let clone: ScratchClone;
  beforeAll(() => {
    clone = makeScratchClone('tidy');
    for (const folder of globSync('{third_party,{apps,libs,tools}/**/{src,test}/gen}', { cwd: workspace, exclude: ['**/node_modules'] }))
      cpSync(join(workspace, folder), join(clone.folder, folder), { recursive: true });
  });
  afterAll(() => clone.remove());

  it('a file, an export and a dependency that nobody uses are named, as is an import that no dependency brings', () => {
    writeFileSync(join(clone.folder, 'libs/errors/src/forgotten.ts'), 'export const forgotten = 1;\n');
    appendFileSync(join(clone.folder, 'libs/errors/src/app-error.ts'), 'export const lonely = 1;\n');
    appendFileSync(join(clone.folder, 'apps/user/src/user.ts'), "import 'left-pad';\n");
    const manifest = readFileSync(join(clone.folder, 'package.json'), 'utf8');
    writeFileSync(join(clone.folder, 'package.json'), manifest.replace('"dependencies": {', '"dependencies": {\n    "nobody-asks": "1.0.0",'));
    const { status, said } = check('unused', clone.folder);
    expect(status).toBe(1);
    for (const finding of [
      /^libs\/errors\/src\/forgotten\.ts/m,
      /^lonely +libs\/errors\/src\/app-error\.ts:\d+/m,
      /^nobody-asks +package\.json/m,
      /^left-pad +apps\/user\/src\/user\.ts/m,
    ])
      expect(said).toMatch(finding);
    expect(lastLineOf(said)).toMatch(/^remove what nobody uses/);
  });

  it('an RPC of the contract that the service has no method for does not compile, and is named where the service is', () => {
    const contract = join(clone.folder, 'proto/gatehouse/user/v1/user.proto');
    writeFileSync(contract, readFileSync(contract, 'utf8').replace('service UserService {', 'service UserService {\n  rpc Praise(User) returns (User);'));
    const options = { cwd: clone.folder, encoding: 'utf8', env } as const;
    execFileSync('node', ['tools/generate/contract.mts', 'libs/contracts/user/src/gen', 'proto', 'gatehouse/user/v1'], options);
    const { status, stdout } = spawnSync('node', ['node_modules/typescript-native/bin/tsc', '--noEmit', '-p', 'apps/user'], options);
    expect(status).not.toBe(0);
    expect(stdout).toMatch(/^apps\/user\/src\/user-service\.ts\(\d+,\d+\): error TS\d+: .*Property 'praise' is missing in type/ms);
  });
});
