import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Bundles TypeScript that imports from the workspace, and gives what `use` makes of its exports.
 * @param contents the source, a module of its own
 * @param resolveDir the folder from which its relative imports are found
 * @throws what esbuild says where it does not compile, and what `use` throws
 */
export async function runSource<Exports, Result>(contents: string, resolveDir: string, use: (exports: Exports) => Result | Promise<Result>): Promise<Result> {
  // beside node_modules, so that what stays external resolves
  const folder = mkdtempSync(join(process.cwd(), 'node_modules', '.source-'));
  try {
    const outfile = join(folder, 'source.cjs');
    await build({
      stdin: { contents, resolveDir, loader: 'ts' },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      packages: 'external',
      tsconfig: 'tsconfig.base.json',
      loader: { '.sql': 'text', '.html': 'text' },
    });
    return await use(createRequire(outfile)(outfile) as Exports);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
