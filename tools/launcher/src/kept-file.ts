import { readFile, rename, writeFile } from 'node:fs/promises';
import { StartError } from './ports';

/** The JSON object that a file keeps, mode 0600; made by `make` where there is none. */
export async function keep<T extends object>(path: string, make: () => T): Promise<T> {
  const kept = await readKept<T>(path);
  if (kept) return kept;
  const made = make();
  await writeKept(path, made);
  return made;
}

/** The JSON object that a file keeps, mode 0600; what `make` has and it has not is added. */
export async function keepAll(path: string, make: () => Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
  const kept = await readKept<Record<string, string>>(path);
  const all = { ...make(), ...kept };
  if (!kept || Object.keys(all).length > Object.keys(kept).length) await writeKept(path, all);
  return all;
}

export async function readKept<T extends object>(path: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new StartError(`${path} is damaged: put back a copy of it, or move it away to have a new one made`);
  }
}

/** Written beside and moved, so that a crash leaves the old file or the new one. */
export async function writeKept(path: string, content: object): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
