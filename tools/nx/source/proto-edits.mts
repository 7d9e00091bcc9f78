import { element, type ProtoFile } from './contract.mts';
import type { Edit } from './text-edits.mts';

/** Puts text before the brace that ends a block: a service, an enum, a method. */
export function appendToBlock(file: ProtoFile, path: readonly number[], text: string, { isAiry = false } = {}): Edit {
  const { at, to } = file.find(path);
  if (file.text[to - 1] !== '}') throw new Error(`${file.path} does not end the block at ${path.join('.')} with a brace: "${file.text.slice(at, to)}"`);
  return { at: to - 1, text: `${isAiry ? '\n' : ''}${text}\n` };
}

/** Imports what the file does not import yet. `buf format` puts them in order. */
export function addImports(file: ProtoFile, names: readonly string[]): Edit[] {
  const missing = names.filter((name) => !file.descriptor.dependency.includes(name));
  const last = file.find([element.import, file.descriptor.dependency.length - 1]);
  return missing.map((name) => ({ at: last.to, text: `\nimport "${name}";` }));
}
