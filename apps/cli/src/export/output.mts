import { open, rename, rm } from 'node:fs/promises';
import { exitCodes, fileError } from '../command-error.mts';

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
  const partial = `${path}.partial`;
  const fail = (exitCode: 2 | 4) => (error: unknown) => {
    throw fileError(path, 'written', error, exitCode);
  };
  const file = await open(partial, 'w', mode).catch(fail(exitCodes.wrongUse));
  return {
    name: path,
    write: (text) => file.writeFile(text).catch(fail(exitCodes.file)),
    async commit() {
      try {
        await file.sync();
        await file.close();
        await rename(partial, path);
      } catch (error) {
        fail(exitCodes.file)(error);
      }
    },
    async abandon() {
      await file.close().catch(() => {});
      await rm(partial, { force: true }).catch(() => {});
    },
  };
}
