import { type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { requestUnreadable } from '@gatehouse/contracts/api';
import type { IncomingHttpHeaders } from 'node:http';
import type { MethodDescription } from './method-description';
import type { FieldText } from './put-text';
import { findField, type Route } from './route';

const isString = (schema: DescMessage, path: string) => {
  const field = findField(schema, path);
  return field?.fieldKind === 'scalar' && field.scalar === ScalarType.STRING;
};

/** Path of the field of a request that holds the version which the caller knows: its own, or that of the resource in its body. */
export function findEtagPath({ rpc, body }: Route): string | undefined {
  const { input } = rpc.descriptor;
  if (isString(input, 'etag')) return 'etag';
  return typeof body === 'object' && body.message && isString(input, `${body.name}.etag`) ? `${body.jsonName}.etag` : undefined;
}

/** Whether the answer says which version it is. */
export const hasEtag = ({ rpc, responseBody }: Route): boolean => {
  const schema = responseBody ? responseBody.message : rpc.descriptor.output;
  return schema !== undefined && responseBody?.fieldKind !== 'list' && responseBody?.fieldKind !== 'map' && isString(schema, 'etag');
};

/** Whether a repetition of the request is known by its `request_id` (AIP-155). */
export const hasRequestId = ({ rpc }: Route): boolean => isString(rpc.descriptor.input, 'request_id');

/**
 * What the headers of a request say of its fields: If-Match of the etag (AIP-154), Idempotency-Key of the request_id
 * (AIP-155), Last-Event-ID of the cursor, which a reader that comes back adds to the address it began with.
 * @throws requestUnreadable for a precondition that cannot be kept
 */
export function readFieldHeaders(route: Route, headers: IncomingHttpHeaders, { cursor }: MethodDescription): FieldText[] {
  const texts: FieldText[] = [];
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined && ifMatch !== '*' && route.httpMethod !== 'GET') {
    const path = findEtagPath(route);
    // to go on without it could overwrite what the caller has not seen (RFC 9110 §13.1.1)
    if (!path) throw refused('If-Match', 'this method takes no precondition');
    if (!/^"[!#-~]*"$/.test(ifMatch.trim())) throw refused('If-Match', 'must be one strong entity tag');
    texts.push({ path, values: [ifMatch.trim()] });
  }
  // it asks for something that is not there yet, which no version can say (RFC 9110 §13.1.2)
  if (headers['if-none-match'] !== undefined && route.httpMethod !== 'GET') throw refused('If-None-Match', 'is taken by GET alone');
  const key = headers['idempotency-key'];
  if (typeof key === 'string' && hasRequestId(route)) {
    const [, quoted, plain] = /^\s*(?:"([!#-~]+)"|([\w.:-]+))\s*$/.exec(key) ?? [];
    const id = quoted ?? plain;
    if (id === undefined) throw refused('Idempotency-Key', 'must be one key');
    texts.push({ path: 'requestId', values: [id] });
  }
  const last = headers['last-event-id'];
  if (typeof last === 'string' && last !== '' && cursor)
    texts.push({ path: cursor.requestField, values: [Buffer.from(last, 'latin1').toString('utf8')], replaces: true });
  return texts;
}

/** An etag as the header has it (RFC 9110 §8.8.3); undefined for one that the header cannot hold. */
export function toEntityTag(etag: unknown): string | undefined {
  if (typeof etag !== 'string' || etag === '') return undefined;
  const tag = /^(W\/)?".*"$/.test(etag) ? etag : `"${etag}"`;
  return /^(W\/)?"[!#-~]*"$/.test(tag) ? tag : undefined;
}

/** Whether the caller has the version already: If-None-Match, by weak comparison (RFC 9110 §13.1.2). */
export function isKnown(tag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  const weak = (text: string) => text.replace(/^W\//, '');
  return ifNoneMatch.trim() === '*' || splitTags(ifNoneMatch).some((known) => weak(known) === weak(tag));
}

const splitTags = (text: string) => text.match(/(W\/)?"[^"]*"/g) ?? [text];
const refused = (header: string, description: string) => requestUnreadable({ violations: [{ field: header, description, reason: 'header.precondition' }] });
