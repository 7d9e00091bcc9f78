import { build } from 'esbuild';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** A setting, as zod has it. */
export interface Field {
  readonly def: { readonly innerType?: Field; readonly in?: Field; readonly entries?: Readonly<Record<string, string>> };
  /** What is said beside its rules. */
  readonly meta: { readonly description?: string; readonly form?: string; readonly secret?: boolean };
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
      // the rules of a setting, and what is said beside them, by the code that reads both
      stdin: { contents: `export { configSchema } from './apps/${app}/src/config'; export { metaOf } from '@gatehouse/lifecycle';`, resolveDir: process.cwd() },
      outfile: file,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      packages: 'external',
      alias: {},
      tsconfig: 'tsconfig.base.json',
      loader: { '.sql': 'text' },
    });
    const { configSchema, metaOf } = createRequire(file)(file);
    const shape = Object.entries(configSchema.shape as Record<string, Omit<Field, 'meta'>>).map(([name, type]) => [name, Object.assign(type, { meta: metaOf(type) })]);
    return { shape: Object.fromEntries(shape), safeParse: (value) => configSchema.safeParse(value) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
