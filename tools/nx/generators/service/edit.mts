import type { Tree } from '@nx/devkit';

/**
 * Replaces something in a file.
 * @throws Error where it is not there
 */
export function edit(tree: Tree, file: string, before: string | RegExp, after: string): void {
  const text = tree.read(file, 'utf8') ?? '';
  const next = text.replace(before, after);
  if (next === text) throw new Error(`${file} has no ${String(before)} any more: tell tools/nx/generators/service where it went`);
  tree.write(file, next);
}
