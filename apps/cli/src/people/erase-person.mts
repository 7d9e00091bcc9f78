import { persist } from '../api/persist.mts';
import { request } from '../api/request.mts';
import { CommandError, exitCodes } from '../command-error.mts';
import { type ConnectionOptions, withSession } from '../connection-options.mts';
import { askForWord, canAsk } from '../terminal/ask-for-word.mts';
import { onInterruption } from '../terminal/interruption.mts';
import { createProgress } from '../terminal/progress.mts';
import { findId, findPerson } from './find-person.mts';

/**
 * Erases a person, once somebody has typed whom, and says so.
 * @param name an id, an email or `me`
 * @throws CommandError where it cannot be done, or nobody says that it should be
 */
export async function erasePerson(name: string, { url, giveUpAfter, yes }: ConnectionOptions & { yes: boolean }): Promise<void> {
  if (!yes && !canAsk()) throw new CommandError('what is erased does not come back: say --yes, or run it on a terminal to be asked');
  const signal = onInterruption();
  const progress = createProgress();
  await withSession(url, async (session) => {
    const onWait = (reason: string, delayMs: number) => progress.note(`${reason}; asking again in ${Math.ceil(delayMs / 1_000)} s`);
    const connection = { session, url, signal, patienceMs: giveUpAfter * 1_000, onWait };
    const id = await findId(name, connection);
    if (!yes) await confirm(id, (await findPerson(id, connection))?.email);
    await persist({ ...connection, position: () => 0 }, (token) => request(`${url}/v1/users/${id}:erase`, { token, body: {}, signal })).catch(
      (error: unknown) => {
        if (!(error instanceof CommandError) || error.exitCode !== exitCodes.interrupted) throw error;
        throw new CommandError(`interrupted: ${name} may be erased or not; the same command with the id tells`, { exitCode: error.exitCode, cause: error });
      },
    );
    process.stdout.write(`${id === 'me' ? 'you are' : `${id} is`} erased from every service\n`);
  });
}

/** @param email undefined where nobody tells whose id it is */
async function confirm(id: string, email: string | undefined): Promise<void> {
  const word = email ?? id;
  const answer = await askForWord(`All that is kept of ${word} is removed for good. To go on, type ${email ? 'the email' : 'the id'}:`);
  if (answer === undefined) throw new CommandError('interrupted: nobody is erased', { exitCode: exitCodes.interrupted });
  if (answer.toLowerCase() !== word.toLowerCase()) throw new CommandError(`that is not ${word}: nobody is erased`);
}
