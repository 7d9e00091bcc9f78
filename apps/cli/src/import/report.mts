import type { Source } from '../rows/source.mts';
import { toText } from '../terminal/progress.mts';
import type { Counts } from './messages.mts';
import type { Tally } from './send-rows.mts';

export interface Finished {
  readonly counts: Counts;
  readonly tally: Tally;
  readonly importId: string;
  readonly source: Source;
  /** Of the list of failed rows. */
  readonly path: string;
  /** How many are in it. */
  readonly listed: number;
  readonly isDryRun: boolean;
}

/** What is said at the end: a table, and what to do about rows that failed. */
export function toReport({ counts, tally, importId, source, path, listed, isDryRun }: Finished): string {
  const isOld = tally.settled === 0 && (tally.before ?? 0) > 0;
  const rows = Object.entries(counts).map(([name, count]) => [name, toText(count)] as const);
  const width = Math.max(...rows.map(([, text]) => text.length));
  const title = isOld
    ? `${source.name} is already imported, as ${importId}; nothing was sent`
    : `${source.name}: ${isDryRun ? 'a dry run, nobody was changed' : `imported as ${importId}`}`;
  const lines = [title, ...rows.map(([name, text]) => `  ${name.padEnd(10)}${text.padStart(width)}`)];
  if (counts.failed && listed) lines.push(`why rows failed: ${path}. Mend them, and import them as a file of their own`);
  if (counts.failed > listed)
    lines.push(
      `${toText(counts.failed - listed)} failed rows are not listed: their answers were lost on the way, or there was no room to write them; with another --import-id all rows are sent again`,
    );
  if (isOld) lines.push('to import it once more, give an --import-id of your own');
  return lines.join('\n');
}
