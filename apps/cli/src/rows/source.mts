import { createHash } from 'node:crypto';
import { type BigIntStats, createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { CommandError, exitCodes, fileError } from '../command-error.mts';
import { readCsv } from './csv.mts';
import { readNdjson } from './ndjson.mts';
import type { Row } from './row.mts';

const formats = { csv: readCsv, ndjson: readNdjson } as const;
export type Format = keyof typeof formats;

/** Where rows come from: a file, or standard input. */
export interface Source {
  readonly name: string;
  readonly format: Format;
  /** In bytes; undefined where nobody knows. */
  readonly size: number | undefined;
  rows(): AsyncGenerator<Row>;
  /** Once all rows are read: whether it is another one by then than the one that was opened. */
  readonly wasChanged: boolean;
  /** Reads it once, for the SHA-256 of what it is. @throws CommandError where it cannot be read, and what onRead throws */
  digest(prefix: string, onRead: (bytes: number) => void): Promise<Buffer>;
}

const chunkBytes = 1_048_576;
const extensions: Readonly<Record<string, Format>> = { '.csv': 'csv', '.ndjson': 'ndjson', '.jsonl': 'ndjson' };

/**
 * Opens a file of people, `-` being standard input.
 * @throws CommandError where there is none, or nothing tells its format
 */
export async function openSource(path: string, chosen: Format | undefined): Promise<Source> {
  const opened = path === '-' ? undefined : await measure(path);
  let wasChanged = false;
  const format = chosen ?? extensions[extname(path).toLowerCase()];
  if (!format) throw new CommandError(`nothing says what ${path === '-' ? 'standard input' : path} is: give --csv or --ndjson`);
  const name = path === '-' ? 'standard input' : path;
  const read = (): AsyncIterable<Buffer> => (path === '-' ? process.stdin : createReadStream(path, { highWaterMark: chunkBytes }));
  return {
    name,
    format,
    size: opened && Number(opened.size),
    get wasChanged() {
      return wasChanged;
    },
    async *rows() {
      try {
        yield* formats[format](read());
        // one that is gone was read to its end all the same
        const now = opened && (await stat(path, { bigint: true }).catch(() => opened));
        wasChanged = now?.size !== opened?.size || now?.mtimeNs !== opened?.mtimeNs || now?.ino !== opened?.ino;
      } catch (error) {
        throw error instanceof CommandError ? error : fileError(name, 'read', error);
      }
    },
    async digest(prefix, onRead) {
      const hash = createHash('sha256').update(prefix);
      let bytes = 0;
      try {
        for await (const chunk of read()) {
          hash.update(chunk);
          onRead((bytes += chunk.length));
        }
      } catch (error) {
        throw error instanceof CommandError ? error : fileError(name, 'read', error);
      }
      return hash.digest();
    },
  };
}

/** What there is to know of a file; undefined of what can be read once, such as a pipe. */
async function measure(path: string): Promise<BigIntStats | undefined> {
  try {
    const found = await stat(path, { bigint: true });
    if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    return found.isFile() ? found : undefined;
  } catch (error) {
    throw fileError(path, 'read', error, exitCodes.wrongUse);
  }
}
