import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createApiListing } from './api-listing.mts';
import { createDeclarations } from './declarations.mts';
import { createJavascript } from './javascript.mts';
import { inspect } from './inspect.mts';
import { createManifest } from './manifest.mts';
import { readSources, toFileName, toSpecifier } from './source.mts';

/**
 * Makes the npm package of a lib: `<out>/<project>`, beside it a .tgz of that, and a listing of what it exports.
 * @param root folder of the project, from the workspace's, which is the working directory
 * @throws Error that says what stands in the way: an import that nobody who installs the package would have, an entry that is not found
 */
export async function createPackage(root: string, project: string, out: string): Promise<void> {
  const sources = readSources();
  const source = sources.find((each) => each.root === root);
  if (!source) throw new Error(`${root} has no package.json: there are those of ${sources.map((each) => each.root).join(', ')}`);

  const specifiers = new Set(sources.flatMap((each) => Object.keys(each.exports).map((entry) => toSpecifier(each, entry))));
  const files: Record<string, string> = {};
  const imports = { code: [] as string[], types: [] as string[] };
  const listed = new Map<string, string>();
  for (const [entry, file] of Object.entries(source.exports)) {
    const javascript = await createJavascript(root, entry, file, specifiers);
    const types = await createDeclarations(root, file, new Set(javascript.imports.filter((each) => specifiers.has(each))));
    const name = toFileName(entry);
    Object.assign(files, javascript.files, { [`${name}.d.mts`]: types.text, [`${name}.d.cts`]: types.text });
    imports.code.push(...javascript.imports);
    imports.types.push(...types.imports);
    listed.set(toSpecifier(source, entry), types.text);
  }
  const manifest = createManifest(source, imports, new Set(sources.map(({ name }) => name)));

  const folder = join(out, project);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries({ ...files, 'package.json': `${JSON.stringify(manifest, undefined, 2)}\n` })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  for (const [from, to] of [
    [join(root, 'README.md'), 'README.md'],
    ['LICENSE', 'LICENSE'],
    ...(source.protos ? [[`proto/${source.protos}`, `proto/${source.protos}`] as const] : []),
  ] as const)
    cpSync(from, join(folder, to), { recursive: true });

  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--offline', '--pack-destination', '..'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as readonly [{ readonly filename: string }];
  renameSync(join(out, packed.filename), `${folder}.tgz`);
  await inspect(`${folder}.tgz`, manifest, Object.keys(source.exports));
  // what the protos make is guarded where they are
  if (!source.protos) writeFileSync(`${folder}.md`, await createApiListing(listed));
}
