import type { Command } from 'commander';
import { CommandError, exitCodes } from './command-error.mts';
import { type ConnectionOptions, withConnection, withSession } from './connection-options.mts';
import { exportUsers } from './export/export-users.mts';
import { openOutput } from './export/output.mts';
import { onInterruption } from './terminal/interruption.mts';
import { createProgress, toText } from './terminal/progress.mts';

/** Adds the command `export`. */
export function addExport(program: Command): void {
  const command = program.command('export').summary('writes all people to a file');
  command.description(
    'Writes all people as they are at one moment: NDJSON, a person a line, in the order of their ids. It goes on where a connection was cut, and the file has its name once it is whole.',
  );
  withConnection(command.option('--output <file>', 'where to; - is standard output', '-').option('--show-deleted', 'deleted people too', false)).action(run);
}

async function run({ url, giveUpAfter, output: path, showDeleted }: ConnectionOptions & { output: string; showDeleted: boolean }): Promise<void> {
  const signal = onInterruption();
  await withSession(url, async (session) => {
    const output = await openOutput(path);
    const progress = createProgress();
    const begun = performance.now();
    let count = 0;
    try {
      await exportUsers({
        session,
        url,
        signal,
        showDeleted,
        patienceMs: giveUpAfter * 1_000,
        onWait: (reason, delayMs) => progress.note(`${reason}; asking again in ${Math.ceil(delayMs / 1_000)} s`),
        async onUsers(users) {
          await output.write(users.map((user) => `${JSON.stringify(user)}\n`).join(''));
          count += users.length;
          progress.show(() => `${toText(count)} people, ${toText((count * 1_000) / (performance.now() - begun))} a second`);
        },
      });
      await output.commit();
    } catch (error) {
      await output.abandon();
      if (error instanceof CommandError && error.exitCode === exitCodes.interrupted)
        throw new CommandError(`interrupted after ${toText(count)} people: run it again, from the beginning`, { exitCode: error.exitCode, cause: error });
      throw error;
    } finally {
      progress.stop();
    }
    progress.note(`${toText(count)} people in ${output.name}`);
  });
}
