import { build, type Plugin, transform } from 'esbuild';
import { join } from 'node:path';
import { toFileName } from './source.mts';

/** The code of an entry, and what it imports from elsewhere. */
export interface Javascript {
  /** By the names of the files. */
  readonly files: Readonly<Record<string, string>>;
  readonly imports: readonly string[];
}

/**
 * Bundles an entry: one CommonJS file, and an ES module that gives its names. So there is one copy of the code in a process, whoever
 * imports or requires it: the class of errors and the call in progress must be the same for all.
 * @param published specifiers of the workspace's packages, which stay imports
 * @throws Error for an import of a lib that is not published
 */
export async function createJavascript(root: string, entry: string, file: string, published: ReadonlySet<string>): Promise<Javascript> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, file)],
    tsconfig: join(root, 'tsconfig.json'),
    outdir: 'dist',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node22',
    format: 'esm',
    charset: 'utf8',
    // it would name files of the workspace; what is not minified can be read as it is
    sourcemap: false,
    plugins: [leavePackagesOut(published)],
    logLevel: 'silent',
  });
  const [bundle] = outputFiles;
  const [output] = Object.values(metafile.outputs);
  const { code } = await transform(bundle!.text, { format: 'cjs', platform: 'node', target: 'node22', charset: 'utf8' });
  const name = toFileName(entry);
  const names = [...output!.exports].sort();
  return {
    files: { [`${name}.cjs`]: code, [`${name}.mjs`]: `export { ${names.join(', ')} } from './${name.split('/').at(-1)}.cjs';\n` },
    imports: [...new Set(output!.imports.filter(({ external }) => external).map(({ path }) => path))],
  };
}

// before esbuild looks at the paths of the tsconfig, which lead to the sources
const leavePackagesOut = (published: ReadonlySet<string>): Plugin => ({
  name: 'leave-packages-out',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[^./]/ }, ({ path, importer, kind }) => {
      if (kind === 'entry-point') return undefined;
      if (path.startsWith('@gatehouse/') && !published.has(path))
        return { errors: [{ text: `${importer} imports ${path}, which is not published: a package cannot have it but as types` }] };
      return { path, external: true };
    }),
});
