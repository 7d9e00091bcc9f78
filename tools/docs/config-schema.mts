import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A setting, as zod has it. */
export interface Field {
  description?: string;
  safeParse(value: unknown): { success: boolean; data?: unknown };
}

interface Schema {
  shape: Record<string, Field>;
  safeParse(value: unknown): { success: boolean; data?: unknown; error?: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

/** The schema of every setting of a service, from its config.ts; throws where that does not compile. */
export async function readConfigSchema(app: string): Promise<Schema> {
  // beside node_modules, so that what stays external resolves
  const folder = mkdtempSync(join(process.cwd(), 'node_modules', '.configuration-'));
  try {
    const file = join(folder, 'config.cjs');
    await build({
      entryPoints: [`apps/${app}/src/config.ts`],
      outfile: file,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      packages: 'external',
      alias: {},
      tsconfig: 'tsconfig.base.json',
      loader: { '.sql': 'text' },
    });
    return createRequire(file)(file).configSchema;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
