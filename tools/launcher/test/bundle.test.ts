import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { createBundle } from '../src/development/bundle';

const migration = 'apps/user/migrations/0001_create_notes.sql';
let root: string;
let options: BuildOptions;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'launcher bundle '));
  await mkdir(join(root, 'apps/user/migrations'), { recursive: true });
  await writeFile(join(root, migration), 'create table notes ();');
  await writeFile(join(root, 'main.ts'), `import sql from './${migration}';\nconsole.log(sql);`);
  options = { absWorkingDir: root, entryPoints: ['main.ts'], outfile: join(root, 'dist/main.cjs'), bundle: true, loader: { '.sql': 'text' } };
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function build(settings: BuildOptions) {
  const bundle = await createBundle('user', root, settings, false);
  return bundle.rebuild().finally(() => bundle.dispose());
}

describe('the bundle of a service that is watched', () => {
  it('is made where a migration goes while it is made, as when another commit is checked out', async () => {
    const leaves = { name: 'leaves', setup: ({ onEnd }: { onEnd(callback: () => Promise<void>): void }) => onEnd(() => rm(join(root, migration))) };
    expect(await build({ ...options, plugins: [leaves] })).toMatchObject({ isBuilt: true });
    expect(await readFile(join(root, 'dist/main.cjs'), 'utf8')).toContain('create table notes');
  });

  it('that cannot be written is told, and does not end the watching', async () => {
    await writeFile(join(root, 'dist'), 'no folder');
    expect(await build(options)).toEqual({ isBuilt: false, problems: expect.stringMatching(/EEXIST|ENOTDIR/) });
  });
});
