import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
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
  const size = path === '-' ? undefined : await measure(path);
  const format = chosen ?? extensions[extname(path).toLowerCase()];
  if (!format) throw new CommandError(`nothing says what ${path === '-' ? 'standard input' : path} is: give --csv or --ndjson`);
  const name = path === '-' ? 'standard input' : path;
  const read = (): AsyncIterable<Buffer> => (path === '-' ? process.stdin : createReadStream(path, { highWaterMark: chunkBytes }));
  return {
    name,
    format,
    size,
    async *rows() {
      try {
        yield* formats[format](read());
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

async function measure(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    throw fileError(path, 'read', error, exitCodes.wrongUse);
  }
}
