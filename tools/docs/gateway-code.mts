import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Bundles one file of the gateway and gives what it exports. */
export async function loadGatewayCode<Exports>(entryPoint: string): Promise<Exports> {
  // beside node_modules, so that what stays external resolves
  const folder = mkdtempSync(join(process.cwd(), 'node_modules', '.docs-'));
  try {
    const file = join(folder, 'code.cjs');
    await build({
      entryPoints: [entryPoint],
      outfile: file,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      packages: 'external',
      tsconfig: 'tsconfig.base.json',
    });
    return createRequire(file)(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
