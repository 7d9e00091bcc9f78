import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { join } from 'node:path';

/** The types of an entry, and what they import from elsewhere. */
export interface Declarations {
  readonly text: string;
  readonly imports: readonly string[];
}

/**
 * Writes the types of an entry in one file. Types of libs that are no dependency of the code come along: they are interfaces, which fit
 * those of the other package by what they hold.
 * @param dependencies specifiers of the workspace's packages that the code imports
 */
export async function createDeclarations(root: string, file: string, dependencies: ReadonlySet<string>): Promise<Declarations> {
  const bundle = await rollup({
    input: join(root, file),
    plugins: [dts({ tsconfig: join(root, 'tsconfig.json') })],
    external: (id) => (id.startsWith('@gatehouse/') ? dependencies.has(id) : /^[^./]/.test(id)),
    onLog: (_level, { message }) => {
      throw new Error(`${root}: ${message}`);
    },
  });
  const { output } = await bundle.generate({ format: 'es' });
  await bundle.close();
  const [{ code, imports }] = output;
  return { text: code, imports };
}
