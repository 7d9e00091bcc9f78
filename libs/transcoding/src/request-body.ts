import type { JsonValue } from '@bufbuild/protobuf';
import { requestTooLarge, requestUnreadable } from '@gatehouse/contracts/api';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { toFieldText } from './json-violations';
import { JsonSyntaxError, parseStrictJson } from './strict-json';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const withCharset = (type: string) => new RegExp(`^${type}\\s*(;\\s*charset=(?<quote>"?)utf-8\\k<quote>\\s*)?$`, 'i');
const mediaTypes = {
  json: withCharset('application/(merge-patch\\+)?json'),
  lines: withCharset('application/(x-ndjson|jsonl|json)'),
  form: withCharset('application/x-www-form-urlencoded'),
};

const maxPieces = 256;

/** Whether the body is of a media type, as it is: nothing is decompressed. */
export function isOfType(headers: IncomingHttpHeaders, type: keyof typeof mediaTypes): boolean {
  return mediaTypes[type].test(headers['content-type'] ?? '') && isPlain(headers);
}

/** Whether the body is not encoded for its way. */
export const isPlain = ({ 'content-encoding': encoding = 'identity' }: IncomingHttpHeaders): boolean => encoding.toLowerCase() === 'identity';

/** Collects a body. @throws requestTooLarge */
export async function readBytes(stream: Readable, headers: IncomingHttpHeaders, maxBytes: number): Promise<Buffer> {
  if (Number(headers['content-length']) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Buffer[] = [];
  let size = 0;
  // a stream that is let go of would take its connection along, and the answer with it
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
    // one byte at a time would cost a hundred each
    if (chunks.length === maxPieces) chunks.splice(0, maxPieces, Buffer.concat(chunks));
  }
  return Buffer.concat(chunks);
}

/** Reads bytes as text. @throws requestUnreadable */
export function toText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw unreadable('is not valid UTF-8');
  }
}

/** Reads text as JSON, strictly. @throws requestUnreadable */
export function toJsonValue(text: string): JsonValue {
  try {
    return parseStrictJson(text) as JsonValue;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw unreadable(error.message, error.path);
    throw error;
  }
}

/** Takes a stream of bytes apart into lines, without their ends; empty ones are passed over. @throws requestTooLarge for a long line */
export async function* readLines(stream: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    let begin = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, begin)) {
      const line = Buffer.concat([...rest, chunk.subarray(begin, end)]);
      if (line.length > maxBytes) throw tooLarge(maxBytes);
      [rest, size, begin] = [[], 0, end + 1];
      if (!isBlank(line)) yield line;
    }
    rest.push(chunk.subarray(begin));
    if (rest.length === maxPieces) rest = [Buffer.concat(rest)];
    size += chunk.length - begin;
    if (size > maxBytes) throw tooLarge(maxBytes);
  }
  const last = Buffer.concat(rest);
  if (!isBlank(last)) yield last;
}

const tooLarge = (maxBytes: number) => requestTooLarge({ limit: 'body_bytes', max: String(maxBytes) });

const isBlank = (line: Buffer) => line.every((byte) => byte === 32 || byte === 13 || byte === 9);

const unreadable = (description: string, path = '') =>
  requestUnreadable({ violations: [{ field: toFieldText(path), description: `the body ${description}`, reason: 'json.syntax' }] });
