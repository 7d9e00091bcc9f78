import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { CommandError, exitCodes, fileError } from '../command-error.mts';

/** Where people are written to. */
export interface Output {
  readonly name: string;
  /** @throws CommandError where it cannot be written */
  write(text: string): Promise<void>;
  /** Says that it is whole: only now a file has its name. @throws CommandError */
  commit(): Promise<void>;
  /** Leaves nothing of a file that is not whole. */
  abandon(): Promise<void>;
}

// it holds people
const mode = 0o600;

/** @param path `-` for standard output. @throws CommandError for a file that cannot be written */
export const openOutput = (path: string): Promise<Output> => (path === '-' ? Promise.resolve(toStandardOutput()) : toFile(path));

function toStandardOutput(): Output {
  const name = 'standard output';
  // the callback of a write says it too; unheard, the event would end the process
  process.stdout.on('error', () => {});
  return {
    name,
    write: (text) => new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(fileError(name, 'written', error)) : resolve()))),
    commit: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
}

async function toFile(path: string): Promise<Output> {
  const fail =
    (exitCode: 2 | 4) =>
    (error: unknown): never => {
      throw fileError(path, 'written', error, exitCode);
    };
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? undefined : fail(exitCodes.wrongUse)(error)));
  if (found?.isDirectory()) return fail(exitCodes.wrongUse)({ code: 'EISDIR' });
  // a pipe or a device has no name to be given at the end
  if (found && !found.isFile()) return toDevice(path, await open(path, 'w').catch(fail(exitCodes.wrongUse)), fail(exitCodes.file));

  // a link stays one
  const target = found ? await realpath(path).catch(fail(exitCodes.wrongUse)) : path;
  const partial = `${target}.partial`;
  // what an export left that was killed, or another one writes, which finds at its end that it is not there any more
  await rm(partial, { force: true }).catch(fail(exitCodes.wrongUse));
  const file = await open(partial, 'wx', mode).catch(fail(exitCodes.wrongUse));
  const { dev, ino } = await file.stat();
  const isOurs = async () => {
    const own = await stat(partial).catch(() => undefined);
    return own?.ino === ino && own.dev === dev;
  };
  return {
    name: path,
    write: (text) => file.writeFile(text).catch(fail(exitCodes.file)),
    async commit() {
      if (!(await isOurs()))
        throw new CommandError(`${path} cannot be written: another export took its place; give each a file of its own`, { exitCode: exitCodes.file });
      try {
        await file.sync();
        await file.close();
        await rename(partial, target);
      } catch (error) {
        fail(exitCodes.file)(error);
      }
    },
    async abandon() {
      if (await isOurs()) await rm(partial, { force: true }).catch(() => {});
      await file.close().catch(() => {});
    },
  };
}

const toDevice = (name: string, file: FileHandle, fail: (error: unknown) => never): Output => ({
  name,
  write: (text) => file.writeFile(text).catch(fail),
  commit: () => file.close().catch(fail),
  abandon: () => file.close().catch(() => {}),
});
