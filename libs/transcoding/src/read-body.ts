import type { JsonValue } from '@bufbuild/protobuf';
import { mediaTypeUnsupported, requestUnreadable } from '@gatehouse/contracts/api';
import type { IncomingHttpHeaders } from 'node:http';
import { JsonSyntaxError, parseStrictJson } from './strict-json';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const jsonType = /^application\/json\s*(;\s*charset=("?)utf-8\2\s*)?$/i;

/**
 * Reads a JSON body; no bytes are no body.
 * @throws mediaTypeUnsupported, requestUnreadable
 */
export function readBody(bytes: Uint8Array | undefined, headers: IncomingHttpHeaders): JsonValue | undefined {
  if (!bytes?.length) return undefined;
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = headers;
  if (!jsonType.test(type) || encoding.toLowerCase() !== 'identity') throw mediaTypeUnsupported();
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw unreadable('is not valid UTF-8');
  }
  try {
    return parseStrictJson(text) as JsonValue;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw unreadable(error.message);
    throw error;
  }
}

const unreadable = (description: string) => requestUnreadable({ violations: [{ field: '', description: `the body ${description}`, reason: 'json.syntax' }] });
