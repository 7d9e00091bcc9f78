import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { persist } from '../api/persist.mts';
import { CommandError, exitCodes } from '../command-error.mts';
import { type ConnectionOptions, withSession } from '../connection-options.mts';
import type { Row } from '../rows/row.mts';
import { type Format, openSource, type Source } from '../rows/source.mts';
import { onInterruption } from '../terminal/interruption.mts';
import { createProgress, type Progress, toDuration, toText } from '../terminal/progress.mts';
import { openFailuresFile } from './failures-file.mts';
import { type ImportOptions, toImportId } from './import-id.mts';
import type { Counts } from './messages.mts';
import { createRefusals } from './refusals.mts';
import { createTally, sendRows, type Tally } from './send-rows.mts';
import { toReport } from './report.mts';
import { createWindow, type Window } from './window.mts';

export interface ImportWishes extends ConnectionOptions {
  /** A path, or `-`. */
  readonly file: string;
  readonly format: Format | undefined;
  readonly options: Omit<ImportOptions, 'hasPasswords'>;
  /** Rows have password hashes, though the first one may have none. */
  readonly passwords?: true;
  readonly importId?: string;
  /** Path of the list of failed rows. */
  readonly results?: string;
}

/**
 * Imports a file, and tells what came of it.
 * @returns how many rows of it came to what
 * @throws CommandError where it could not be done to the end; what has a result then stays
 */
export async function importUsers({ file, format, url, giveUpAfter, ...wishes }: ImportWishes): Promise<Counts> {
  const signal = onInterruption();
  const path = wishes.results ?? `${file === '-' ? 'import' : file}.failed.ndjson`;
  if (resolve(path) === resolve(file)) throw new CommandError('--results is the file itself: name another');
  const source = await openSource(file, format);
  const rows = source.rows();
  // a header that is not right is told before anything is asked or sent
  const first = await rows.next().catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
  const hasPasswords = wishes.passwords === true || (!first.done && first.value.passwordHash !== undefined);
  const options = { ...wishes.options, hasPasswords };
  const failures = await openFailuresFile(path);
  const progress = createProgress();
  const importId = wishes.importId ?? (await findImportId(source, options, progress, signal));
  const refusals = createRefusals();
  const tally = createTally();
  const window = createWindow(
    startingWith(first, hasPasswords ? rows : withoutPasswords(rows)),
    (number, failure) => failures.add(number, failure),
    (row) => refusals.find(row),
  );
  const begun = performance.now();
  const show = () => progress.show(() => describe(tally, window, source, performance.now() - begun), source.size && window.position / source.size);
  try {
    await withSession(url, (session) =>
      persist(
        {
          session,
          url,
          signal,
          patienceMs: giveUpAfter * 1_000,
          position: () => tally.settled,
          onWait: (reason, delayMs) => progress.note(`${reason}; going on in ${Math.ceil(delayMs / 1_000)} s`),
        },
        (token) =>
          sendRows(token, {
            ...{ url, importId, options, window, refusals, tally, signal },
            onBegin(isFirst) {
              if (isFirst) failures.begin(tally.lastNumber > 0);
              if (isFirst && tally.lastNumber > 0) progress.note(`going on after row ${toText(tally.lastNumber)} of the import ${importId}`);
            },
            onProgress() {
              failures.flush();
              show();
            },
          }),
      ),
    );
    failures.flush();
  } catch (error) {
    failures.flush();
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`${error.message}${/[.?]$/.test(error.message) ? '' : '.'} ${toNextStep(tally, importId, source, wishes.importId)}`, {
      exitCode: error.exitCode,
      cause: error,
    });
  } finally {
    progress.stop();
    failures.close();
  }
  const counts = { ...tally.counts };
  const known = Object.values(counts).reduce((sum, count) => sum + count);
  if (known > window.read && !source.wasChanged)
    throw new CommandError(
      `${source.name} has ${toText(window.read)} rows, and the import ${importId} has results of ${toText(known)}: it is one of another file; give another --import-id`,
    );
  // the server does not know of those that were never sent, or refused with their frame
  counts.failed = window.read - (counts.created + counts.updated + counts.unchanged + counts.skipped);
  console.log(toReport({ counts, tally, importId, source, path, listed: failures.count, isDryRun: options.dryRun }));
  if (source.wasChanged)
    throw new CommandError(`${source.name} was changed while it was imported: as it is now it is another import, which begins with the same command`, {
      exitCode: exitCodes.file,
    });
  return counts;
}

async function findImportId(source: Source, options: ImportOptions, progress: Progress, signal: AbortSignal): Promise<string> {
  // what can be read once has no second time to be found again
  if (source.size === undefined) return randomUUID();
  const size = source.size;
  return toImportId(source, options, (bytes) => {
    signal.throwIfAborted();
    progress.show(() => `reading ${source.name}`, bytes / size);
  });
}

async function* startingWith(first: IteratorResult<Row>, rows: AsyncGenerator<Row>): AsyncGenerator<Row> {
  if (first.done) return;
  yield first.value;
  yield* rows;
}

/** @throws CommandError for a row with a password hash: nobody is to be imported without the password that they have */
async function* withoutPasswords(rows: AsyncGenerator<Row>): AsyncGenerator<Row> {
  for await (const row of rows) {
    if (row.passwordHash !== undefined)
      throw new CommandError(`row ${row.number} has a passwordHash, and the first row has none: give --passwords to import them`);
    yield row;
  }
}

function describe(tally: Tally, { position }: Window, { size }: Source, ms: number): string {
  const rate = (tally.settled * 1_000) / ms;
  const parts = [`${toText(tally.lastNumber)} rows`, `${toText(rate)} a second`, `${toText(tally.counts.failed)} failed`];
  if (size && position && tally.before === 0) parts.push(`${toDuration(((size - position) / position) * (ms / 1_000))} left`);
  return parts.join(', ');
}

function toNextStep({ lastNumber }: Tally, importId: string, { size }: Source, given: string | undefined): string {
  const again = size === undefined && !given ? `the same input with --import-id ${importId}` : 'the same command';
  return lastNumber ? `Rows up to ${toText(lastNumber)} have a result: ${again} goes on from there` : `No row has a result yet: ${again} begins`;
}
