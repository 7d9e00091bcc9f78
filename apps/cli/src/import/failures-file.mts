import { closeSync, createReadStream, ftruncateSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { CommandError, exitCodes, fileError } from '../command-error.mts';
import type { Failure } from '../rows/row.mts';

/** The rows that are not in, and why: a line of JSON each, in the order of the file. */
export interface FailuresFile {
  /** Keeps what an earlier command wrote, where it goes on with the same import; else begins anew. */
  begin(resumes: boolean): void;
  /** Adds one, unless it is there already. @throws CommandError where it cannot be written */
  add(number: number, failure: Failure): void;
  /** Writes what was added. @throws CommandError where it cannot be written */
  flush(): void;
  /** Rows that are in it. */
  readonly count: number;
  close(): void;
}

// it says of people what was wrong with what was said of them
const mode = 0o600;
const flushChars = 65_536;

/**
 * Finds out what an earlier command left.
 * @throws CommandError for a file that is something else, or cannot be read, or will not be to be written
 */
export async function openFailuresFile(path: string): Promise<FailuresFile> {
  await checkPlace(path);
  const earlier = await readEarlier(path);
  let count = 0;
  let last = 0;
  let isKept = false;
  let text = '';
  let file: number | undefined;

  const open = () => {
    if (!isKept) return openSync(path, 'w', mode);
    const opened = openSync(path, 'a', mode);
    // half a line, where a process ended as it wrote it
    ftruncateSync(opened, earlier.bytes);
    return opened;
  };
  const flush = () => {
    if (!text) return;
    const lines = text;
    text = '';
    try {
      writeFileSync((file ??= open()), lines);
    } catch (error) {
      throw fileError(path, 'written', error);
    }
  };
  return {
    begin(resumes) {
      isKept = resumes && earlier.count > 0;
      if (isKept) ({ count, last } = earlier);
      else if (earlier.isThere) rmSync(path, { force: true });
    },
    add(number, failure) {
      if (number <= last) return;
      last = number;
      count++;
      text += `${JSON.stringify({ number, ...failure })}\n`;
      if (text.length > flushChars) flush();
    },
    flush,
    get count() {
      return count;
    },
    close() {
      if (file !== undefined) closeSync(file);
    },
  };
}

/** Hours of rows may come before the first one that fails. */
async function checkPlace(path: string): Promise<void> {
  try {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    if (found?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    await access(found ? path : dirname(path), constants.W_OK);
  } catch (error) {
    throw fileError(path, 'written', error, exitCodes.wrongUse);
  }
}

async function readEarlier(path: string): Promise<{ isThere: boolean; bytes: number; count: number; last: number }> {
  const found = { isThere: false, bytes: 0, count: 0, last: 0 };
  try {
    // a device has no earlier, and may have no end
    if (!(await stat(path)).isFile()) return found;
    const stream = createReadStream(path);
    // a last line that is cut off is none
    let previous: string | undefined;
    const take = (line: string) => {
      found.last = readNumber(line, path);
      found.count++;
      found.bytes += Buffer.byteLength(line) + 1;
    };
    let endsInNewline = false;
    stream.on('data', (chunk) => (endsInNewline = chunk.at(-1) === 10));
    stream.once('open', () => (found.isThere = true));
    for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
      if (previous !== undefined) take(previous);
      previous = line;
    }
    if (previous !== undefined && endsInNewline) take(previous);
    return found;
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return found;
    throw fileError(path, 'read', error);
  }
}

function readNumber(line: string, path: string): number {
  try {
    const { number, reason } = JSON.parse(line) as { number?: unknown; reason?: unknown };
    if (typeof number === 'number' && typeof reason === 'string') return number;
  } catch {
    // said below
  }
  throw new CommandError(`${path} is there, and no list of failed rows: name another file with --results`);
}
