import { parse, type CsvErrorCode, type InfoRecord } from 'csv-parse';
import { Readable } from 'node:stream';
import { CommandError } from '../command-error.mts';
import { readHeader, toUser } from './csv-columns.mts';
import { maxRowBytes, notUtf8, replacement, type Row, toUnreadable } from './row.mts';

/** What the parser gives: a record, or that one could not be read. */
type Read = { readonly record: readonly string[]; readonly info: InfoRecord & { bytes: number } } | { readonly code: CsvErrorCode; readonly line: number; readonly end: number };

const sentences: Partial<Record<CsvErrorCode, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'begins a quoted cell that never ends: it is cut off, or a quote is missing',
  CSV_INVALID_CLOSING_QUOTE: 'has a quote inside of a quoted cell: write it twice',
  INVALID_OPENING_QUOTE: 'has a quote inside of a cell that is not quoted: quote the cell, and write the quote in it twice',
  CSV_MAX_RECORD_SIZE: `is longer than ${maxRowBytes} bytes: is a quote missing?`,
};

/**
 * Reads a person a record of CSV (RFC 4180), the names of the columns from the first. The number of a row is that of the record
 * after the header.
 * @throws CommandError for a header that is not right
 */
export async function* readCsv(chunks: AsyncIterable<Buffer>): AsyncGenerator<Row> {
  let faultyLine = 0;
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRowBytes,
    skip_records_with_error: true,
    // in its place among the records; a record may have several faults
    on_skip(error) {
      if (!error || error.lines === faultyLine) return;
      faultyLine = error.lines as number;
      parser.push({ code: error.code, line: faultyLine, end: error.bytes as number } satisfies Read);
    },
  });
  const source = Readable.from(chunks);
  source.once('error', (error) => parser.destroy(error));
  let puts: ReturnType<typeof readHeader> | undefined;
  let number = 0;
  try {
    for await (const read of source.pipe(parser) as AsyncIterable<Read>) {
      if (puts) yield { number: ++number, ...toRow(puts, read) };
      else if ('code' in read) throw new CommandError(`the header ${sentences[read.code] ?? 'cannot be read'}`);
      else puts = readHeader(read.record);
    }
  } finally {
    source.destroy();
  }
}

function toRow(puts: ReturnType<typeof readHeader>, read: Read): Omit<Row, 'number'> {
  if ('code' in read) return { end: read.end, failure: toUnreadable(read.line, sentences[read.code] ?? 'cannot be read as CSV') };
  const { record, info } = read;
  const fail = (what: string) => ({ end: info.bytes, failure: toUnreadable(info.lines, what) });
  if (record.length !== puts.length) return fail(`has ${record.length} cells, the header ${puts.length}`);
  if (record.some((cell) => cell.includes(replacement))) return fail(notUtf8);
  const result = toUser(puts, record);
  return 'user' in result ? { end: info.bytes, ...result } : { end: info.bytes, failure: { ...fail('has cells that cannot be meant').failure, violations: result.violations } };
}
