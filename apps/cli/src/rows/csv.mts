import { type CsvError, type CsvErrorCode, type InfoRecord, parse } from 'csv-parse';
import { parse as parseSync } from 'csv-parse/sync';
import { Readable } from 'node:stream';
import { CommandError, exitCodes } from '../command-error.mts';
import { readHeader, toUser } from './csv-columns.mts';
import { type Failure, maxRowBytes, notUtf8, replacement, type Row, toUnreadable } from './row.mts';

interface CsvRecord {
  readonly record: readonly string[];
  readonly raw: string;
  readonly info: InfoRecord & { readonly bytes: number };
}
/** What the parser gives: a record, or why it could not make one of what was left. */
type Read = CsvRecord | { readonly code: CsvErrorCode; readonly lines: number; readonly bytes: number };

const sentences: Partial<Record<CsvErrorCode, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'begins a quoted cell that never ends: it is cut off, or a quote is missing',
  CSV_INVALID_CLOSING_QUOTE: 'has a quote inside of a quoted cell: write it twice',
  INVALID_OPENING_QUOTE: 'has a quote inside of a cell that is not quoted: quote the cell, and write the quote in it twice',
};

/**
 * Reads a person a record of CSV (RFC 4180), the names of the columns from the first. The number of a row is that of the record
 * after the header.
 * @throws CommandError for a header that is not right, and where no end of a record can be found
 */
export async function* readCsv(chunks: AsyncIterable<Buffer>): AsyncGenerator<Row> {
  const parser = parse({
    bom: true,
    info: true,
    raw: true,
    relax_column_count: true,
    // a stray quote would have the parser look for its end in the rows that follow: it is judged here
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: maxRowBytes,
    skip_records_with_error: true,
    // in its place after the records
    on_skip: (error) => error && void parser.push({ code: error.code, lines: error.lines as number, bytes: error.bytes as number } satisfies Read),
  });
  const source = Readable.from(chunks);
  source.once('error', (error) => parser.destroy(error));
  let puts: ReturnType<typeof readHeader> | undefined;
  let [number, line] = [0, 1];
  try {
    for await (const read of source.pipe(parser) as AsyncIterable<Read>) {
      const [first, lines, bytes] = [line, 'code' in read ? read.lines : read.info.lines, 'code' in read ? read.bytes : read.info.bytes];
      line = lines + 1;
      if ('code' in read && read.code === 'CSV_MAX_RECORD_SIZE')
        throw new CommandError(`the record that begins at line ${first} is longer than ${maxRowBytes} bytes: is a quote missing?`, {
          exitCode: exitCodes.file,
        });
      if (puts) yield { number: ++number, end: bytes, ...toRow(puts, read, first, lines) };
      else if ('code' in read) throw new CommandError(`the header ${sentences[read.code] ?? 'cannot be read'}`);
      else puts = readHeader(read.record);
    }
    if (!puts) throw new CommandError('there is no header: the first record has to name the columns');
  } finally {
    source.destroy();
  }
}

/** @param first line of the record, and its last */
function toRow(puts: ReturnType<typeof readHeader>, read: Read, first: number, last: number): { user: string; passwordHash?: string } | { failure: Failure } {
  // the lines between are in no other row
  const fail = (what: string) => ({ failure: toUnreadable(first, last > first ? `(to ${last}) ${what}` : what) });
  const code = 'code' in read ? read.code : findFault(read);
  if (code) return fail(sentences[code] ?? 'cannot be read as CSV');
  const { record } = read as CsvRecord;
  if (record.length !== puts.length) return fail(`has ${record.length} cells, the header ${puts.length}`);
  if (record.some((cell) => cell.includes(replacement))) return fail(notUtf8);
  const result = toUser(puts, record);
  return 'user' in result ? result : { failure: { ...fail('has cells that cannot be meant').failure, violations: result.violations } };
}

/** What is wrong with the quotes of a record. */
function findFault({ record, raw }: CsvRecord): CsvErrorCode | undefined {
  if (!record.some((cell) => cell.includes('"'))) return undefined;
  try {
    parseSync(raw, { relax_column_count: true });
    return undefined;
  } catch (error) {
    return (error as CsvError).code;
  }
}
