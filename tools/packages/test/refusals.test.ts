import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const main = resolve(__dirname, '../src/main.mts');
const manifest = { name: '@gatehouse/shelf', description: 'A shelf', keywords: ['shelf'], exports: { '.': './src/index.ts' } };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packages '));
  write('package.json', { version: '1.2.3', license: 'Apache-2.0', dependencies: { zod: '4.6.7' } });
  write('LICENSE', 'text');
  write('libs/shelf/tsconfig.json', { compilerOptions: { target: 'es2022', module: 'esnext', moduleResolution: 'bundler', types: [] } });
  write('libs/shelf/README.md', '# shelf\n');
  write('libs/shelf/package.json', manifest);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: object | string) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
}

/** Makes the package; gives what was said of why not. */
function refusal(): string {
  const { status, stderr } = spawnSync(process.execPath, [main, 'libs/shelf', 'shelf'], { cwd: folder, encoding: 'utf8' });
  expect(status).toBe(1);
  return stderr;
}

it('a lib that is not published is no dependency of one that is', () => {
  write('libs/shelf/src/index.ts', "import { secret } from '@gatehouse/cellar';\nexport const open = () => secret;\n");
  expect(refusal()).toMatch(/^libs\/shelf: no package was made of it: [^]*libs\/shelf\/src\/index\.ts imports @gatehouse\/cellar, which is not published/);
});

it('what a lib imports must be among the dependencies of the workspace', () => {
  write('libs/shelf/src/index.ts', "import leftPad from 'left-pad';\nexport const pad = (text: string): string => leftPad(text, 3);\n");
  expect(refusal()).toContain('libs/shelf imports left-pad, which is not among the dependencies of package.json');
});

it('a package.json says what a package needs', () => {
  write('libs/shelf/package.json', { ...manifest, description: undefined, keywords: undefined });
  expect(refusal()).toContain('libs/shelf/package.json has no description, no keywords: a published lib says each');
});
