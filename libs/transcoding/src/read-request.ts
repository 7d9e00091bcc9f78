import { type Message, toBinary } from '@bufbuild/protobuf';
import { AppError } from '@gatehouse/errors';
import { mediaTypeUnsupported, requestUnreadable } from '@gatehouse/contracts/api';
import type { Readable } from 'node:stream';
import { bindRequest } from './bind-request';
import type { Exchange, ServedRoute, Serving } from './exchange';
import { readFieldHeaders } from './preconditions';
import { isOfType, isPlain, readBytes, readLines, toJsonValue, toText } from './request-body';
import { httpBody } from './route';

/** A request's body: undefined where there can be none. */
type Body = Readable | undefined;

/**
 * Reads the one request of a method.
 * @throws requestUnreadable, requestTooLarge, mediaTypeUnsupported
 */
export async function readRequest(route: ServedRoute, exchange: Exchange, body: Body, maxBytes: number, { registry }: Serving): Promise<Uint8Array> {
  const { headers } = exchange;
  const bytes = body ? await readBytes(body, headers, maxBytes) : Buffer.alloc(0);
  const head = toHead(route, exchange);
  if (isRawIn(route)) return toRawMessage(route, bytes, bindRequest(route, { ...head, body: { contentType: requireRaw(exchange) } }, registry));
  const isForm = route.description.acceptsForm && isOfType(headers, 'form');
  if (bytes.length && !isForm && !isOfType(headers, 'json')) throw mediaTypeUnsupported();
  const text = bytes.length ? toText(bytes) : undefined;
  const content = isForm ? { form: text ?? '', body: undefined } : { body: text === undefined ? undefined : toJsonValue(text) };
  exchange.message = bindRequest(route, { ...head, ...content }, registry);
  return toBinary(route.rpc.descriptor.input, exchange.message);
}

/**
 * Reads a stream of requests as it comes: a line of JSON each, or, for raw bodies, the bytes as they arrive. What the path,
 * the query and the headers say is in the first.
 */
export async function* readRequests(
  route: ServedRoute,
  exchange: Exchange,
  body: Readable,
  maxBytes: number,
  { registry }: Serving,
): AsyncGenerator<Uint8Array> {
  const { input } = route.rpc.descriptor;
  let head: Partial<ReturnType<typeof toHead>> = toHead(route, exchange);
  let index = 0;
  if (isRawIn(route)) {
    const contentType = requireRaw(exchange);
    for await (const chunk of orNothing(body)) {
      yield toRawMessage(route, chunk, bindRequest(route, { ...head, body: index++ ? {} : { contentType } }, registry));
      head = {};
    }
    return;
  }
  if (!isOfType(exchange.headers, 'lines')) throw mediaTypeUnsupported();
  for await (const line of readLines(body, maxBytes)) {
    const at = index++;
    yield within(at, () => toBinary(input, bindRequest(route, { ...head, body: toJsonValue(toText(line)) }, registry)));
    head = {};
  }
}

/** What path, query and headers say. */
export const toHead = (route: ServedRoute, { found, target, headers }: Exchange) => ({
  path: found!.variables,
  query: target.query,
  headers: readFieldHeaders(route, headers, route.description),
});

/** Says of each violation in which message of a stream it is. */
export function within<T>(index: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const violations = error.violations.map((violation) => ({ ...violation, field: `[${index}]${violation.field && '.'}${violation.field}` }));
    throw requestUnreadable({ cause: error, violations });
  }
}

const isRawIn = ({ rpc, body }: ServedRoute) => (body === '*' ? rpc.descriptor.input.typeName === httpBody : body?.message?.typeName === httpBody);

function requireRaw({ headers }: Exchange): string {
  if (!isPlain(headers)) throw mediaTypeUnsupported();
  return headers['content-type'] ?? '';
}

function toRawMessage({ rpc, body }: ServedRoute, data: Uint8Array, message: Message): Uint8Array {
  const target = typeof body === 'object' ? (message as unknown as Record<string, object>)[body.localName]! : message;
  Object.assign(target, { data });
  return toBinary(rpc.descriptor.input, message);
}

/** The chunks of a stream, or one without bytes: an empty body is a body too. */
async function* orNothing(stream: Readable): AsyncGenerator<Buffer> {
  let isEmpty = true;
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    isEmpty = false;
    yield chunk;
  }
  if (isEmpty) yield Buffer.alloc(0);
}
