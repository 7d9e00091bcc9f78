import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { CommandError, exitCodes } from '../command-error.mts';

const names = ['tls.crt', 'tls.key', 'ca.crt'];
// longer than any command takes from its first file to the last
const abandonedMs = 60_000;

/**
 * Makes the folder where there is none.
 * @throws CommandError for one that holds anything that this command has not written, or cannot be written to
 */
export async function claimFolder(folder: string): Promise<void> {
  await tellWriteErrors(folder, () => mkdir(folder, { recursive: true }));
  for (const entry of await tellWriteErrors(folder, () => readdir(folder, { withFileTypes: true }))) {
    const inside = entry.isDirectory() ? await readdir(join(folder, entry.name), { withFileTypes: true }) : [entry];
    // a pair of somebody else's lies there as plain files
    const foreign = inside.find((each) => !each.name.startsWith('..') && !(names.includes(each.name) && each.isSymbolicLink()));
    if (foreign)
      throw new CommandError(
        `${folder} holds ${relative(folder, join(foreign.parentPath, foreign.name))}, which this command has not written: choose an empty folder, or one that it has`,
        { exitCode: exitCodes.file },
      );
  }
}

/**
 * Puts files into a folder all at once, as a kubelet does: they lie in a folder of their own, `..data` points at it, each
 * name points through `..data`. Who reads in between, and two who write at once, get the files of one of them.
 * @returns false when there were files already and `onlyFirst` was asked for
 * @throws CommandError where they cannot be written
 */
export function publish(folder: string, files: Readonly<Record<string, string>>, { onlyFirst = false } = {}): Promise<boolean> {
  return tellWriteErrors(folder, async () => {
    const version = `..${randomUUID()}`;
    const aside = join(folder, version);
    await mkdir(aside, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(aside, name), text, { mode: name.endsWith('.key') ? 0o600 : 0o644, flush: true });
    for (const name of Object.keys(files)) await link(join('..data', name), join(folder, name));
    const isIn = await (onlyFirst ? linkFirst : link)(version, join(folder, '..data'));
    await (isIn ? removeAbandoned(folder) : rm(aside, { recursive: true }));
    return isIn;
  });
}

async function link(target: string, path: string): Promise<boolean> {
  const aside = join(dirname(path), `..${randomUUID()}`);
  await symlink(target, aside);
  await rename(aside, path);
  return true;
}

const linkFirst = (target: string, path: string): Promise<boolean> =>
  symlink(target, path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );

/**
 * The files that were put into a folder by one `publish`; all `undefined` where there was none.
 * @throws CommandError where they cannot be read, or somebody has removed them
 */
export async function readPublished(folder: string, files: readonly string[]): Promise<readonly (string | undefined)[]> {
  for (;;) {
    const version = await readlinkOf(folder);
    const texts = await Promise.all(files.map((name) => readFile(join(folder, version ?? '..data', name), 'utf8').catch(unlessMissing)));
    // what was replaced while it was read may be gone
    if ((await readlinkOf(folder)) !== version) continue;
    if (version && texts.includes(undefined))
      throw new CommandError(`${folder} points at files that are gone: move the folder away to have new ones made`, { exitCode: exitCodes.file });
    return texts;
  }
}

const readlinkOf = (folder: string) => readlink(join(folder, '..data')).catch(unlessMissing);

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw new CommandError(`${error.path} cannot be read (${error.code})`, { exitCode: exitCodes.file, cause: error });
}

/** What earlier commands wrote, and what one left that was killed; not what another is about to put in. */
async function removeAbandoned(folder: string): Promise<void> {
  const current = await readlink(join(folder, '..data'));
  for (const name of await readdir(folder)) {
    if (!name.startsWith('..') || name === '..data' || name === current) continue;
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (!found || Date.now() - found.mtimeMs > abandonedMs) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function tellWriteErrors<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, path = folder } = error as NodeJS.ErrnoException;
    if (!code) throw error;
    const advice = {
      EACCES: 'choose a folder that you may write to',
      EPERM: 'choose a folder that you may write to',
      EROFS: 'its file system is read-only',
      ENOSPC: 'its disk is full',
      EEXIST: 'it is no folder',
      ENOTDIR: 'what stands above it is no folder',
    }[code];
    throw new CommandError(`cannot write to ${path} (${code})${advice ? `: ${advice}` : ''}`, { exitCode: exitCodes.file, cause: error });
  }
}
