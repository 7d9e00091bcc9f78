import { type Failure, maxRowBytes, notUtf8, type Row, toUnreadable } from './row.mts';

const newline = 10;

/** Reads a person a line; the number of a row is that of its line, and blank lines are passed over. */
export async function* readNdjson(chunks: AsyncIterable<Buffer>): AsyncGenerator<Row> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let [number, position, size] = [0, 0, 0];
  let pieces: Buffer[] = [];
  const take = (piece: Buffer) => {
    size += piece.length;
    // of a line that is too long the rest is only counted
    if (size <= maxRowBytes) pieces.push(piece);
    else pieces = [];
  };
  const finish = (): Row | undefined => {
    number++;
    position += size;
    const line = Buffer.concat(pieces);
    const isTooLong = size > maxRowBytes;
    [pieces, size] = [[], 0];
    if (isTooLong) return { number, end: position, failure: toUnreadable(number, `is longer than ${maxRowBytes} bytes`) };
    const read = readLine(line, number, decoder);
    return read && { number, end: position, ...read };
  };
  for await (const chunk of chunks) {
    let begin = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, begin)) {
      take(chunk.subarray(begin, end));
      begin = end + 1;
      const row = finish();
      position++;
      if (row) yield row;
    }
    take(chunk.subarray(begin));
  }
  const last = size > 0 && finish();
  if (last) yield last;
}

function readLine(
  line: Buffer,
  number: number,
  decoder: InstanceType<typeof TextDecoder>,
): { user: string; passwordHash?: string } | { failure: Failure } | undefined {
  let text: string;
  try {
    text = decoder.decode(line).trim();
  } catch {
    return { failure: toUnreadable(number, notUtf8) };
  }
  if (text === '') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return Object.hasOwn(value, 'passwordHash') ? takePasswordHash(value, number) : { user: text };
  } catch (error) {
    // its own message repeats what stands there
    const [, column] = /position (\d+)/.exec((error as Error).message) ?? [];
    return { failure: toUnreadable(number, `is not valid JSON${column === undefined ? '' : ` (column ${Number(column) + 1})`}`) };
  }
  return { failure: toUnreadable(number, 'is not a JSON object') };
}

/** The API has it beside the person. */
function takePasswordHash(value: object, number: number): { user: string; passwordHash: string } | { failure: Failure } {
  const { passwordHash, ...person } = value as { readonly passwordHash?: unknown };
  if (typeof passwordHash !== 'string') return { failure: toUnreadable(number, 'has a passwordHash that is no text') };
  return { user: JSON.stringify(person), passwordHash };
}
