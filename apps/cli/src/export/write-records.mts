import type { PersistOptions } from '../api/persist.mts';
import { CommandError, exitCodes } from '../command-error.mts';
import { type ConnectionOptions, withSession } from '../connection-options.mts';
import { onInterruption } from '../terminal/interruption.mts';
import { createProgress, toText } from '../terminal/progress.mts';
import { openOutput } from './output.mts';

export interface RecordsOptions extends ConnectionOptions {
  /** A path, or `-`. */
  readonly output: string;
  /** What they are, in the plural. */
  readonly noun: string;
}

/** Takes records; the next ones are asked for when it has. */
export type Take = (records: readonly object[]) => Promise<void>;

/**
 * Writes what is read from the server to a file, a record a line, and tells how many. The file has its name once it is whole.
 * @throws CommandError where it cannot be read or written; nothing of it is left then
 */
export async function writeRecords(
  { url, giveUpAfter, output: path, noun }: RecordsOptions,
  read: (connection: Omit<PersistOptions, 'position'>, take: Take) => Promise<void>,
): Promise<void> {
  const signal = onInterruption();
  await withSession(url, async (session) => {
    const output = await openOutput(path);
    const progress = createProgress();
    const begun = performance.now();
    let count = 0;
    const onWait = (reason: string, delayMs: number) => progress.note(`${reason}; asking again in ${Math.ceil(delayMs / 1_000)} s`);
    try {
      await read({ session, url, signal, patienceMs: giveUpAfter * 1_000, onWait }, async (records) => {
        await output.write(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
        count += records.length;
        progress.show(() => `${toText(count)} ${noun}, ${toText((count * 1_000) / (performance.now() - begun))} a second`);
      });
      await output.commit();
    } catch (error) {
      await output.abandon();
      if (error instanceof CommandError && error.exitCode === exitCodes.interrupted)
        throw new CommandError(`interrupted after ${toText(count)} ${noun}: run it again, from the beginning`, { exitCode: error.exitCode, cause: error });
      throw error;
    } finally {
      progress.stop();
    }
    progress.note(`${toText(count)} ${noun} in ${output.name}`);
  });
}
