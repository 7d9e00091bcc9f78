import { cancelled, requestUnreadable } from '@gatehouse/contracts/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Exchange, knock, type ServedRoute, type Serving, toCallOptions } from './exchange';
import { lines, prefersEvents, toBytes, toEvents } from './frames';
import type { MethodDescription } from './method-description';
import { isKnown } from './preconditions';
import { readRequest, readRequests } from './read-request';
import { isRaw } from './render';
import { type SendOptions, toFrames } from './send-stream';

export interface AnswerOptions extends Serving {
  readonly onError: (exchange: Exchange, thrown: unknown) => ReturnType<SendOptions['onError']>;
}

/** Calls the method of a request and sends what it answers. What is thrown has sent nothing yet. */
export async function answer(request: FastifyRequest, reply: FastifyReply, exchange: Exchange, options: AnswerOptions): Promise<FastifyReply> {
  const { route } = exchange.found!;
  const { rpc, channel } = route;
  const body = request.body as Readable | undefined;
  const maxBytes = request.routeOptions.bodyLimit;
  const received = new Map<string, string>();
  const metadata = Promise.withResolvers<void>();
  const onMetadata = (entries: ReadonlyMap<string, string>) => {
    for (const [name, value] of entries) received.set(name, value);
    metadata.resolve();
  };
  const callOptions = { ...toCallOptions(exchange, route, options.policy), onMetadata };
  const authenticate = () => knock(exchange, rpc, options.authenticate);
  const addHeaders = () => {
    for (const name of options.policy.responseHeaders) if (received.has(name)) reply.header(name, received.get(name));
  };

  if (rpc.requestStream) await authenticate();
  if (!rpc.responseStream) {
    const response = rpc.requestStream
      ? await channel.collect(rpc, readRequests(route, exchange, requireBody(body), maxBytes, options), callOptions)
      : await readRequest(route, exchange, body, maxBytes, options).then(async (bytes) => {
          await authenticate();
          return channel.unary(rpc, bytes, callOptions);
        });
    addHeaders();
    return sendOne(request, reply, route, response);
  }

  const requests = rpc.requestStream
    ? readRequests(route, exchange, requireBody(body), maxBytes, options)
    : once(await readRequest(route, exchange, body, maxBytes, options));
  if (!rpc.requestStream) await authenticate();
  const responses = channel.stream(rpc, requests, callOptions)[Symbol.asyncIterator]();
  const first = responses.next();
  await Promise.race([first, metadata.promise]);
  addHeaders();
  const framing = isRaw(route)
    ? toBytes((await first.then(({ value }) => value && route.render(value).raw?.contentType)) ?? '')
    : prefersEvents(exchange.headers.accept)
      ? toEvents(route.description.cursor?.responseField)
      : lines;
  reply.header('content-type', framing.mediaType).header('x-accel-buffering', 'no');
  if (request.method === 'HEAD') {
    exchange.gone.abort(cancelled());
    return reply.send();
  }
  const frames = toFrames(responses, first, {
    framing,
    render: route.render,
    heartbeatMs: options.heartbeatMs,
    onError: (thrown) => options.onError(exchange, thrown),
  });
  return reply.send(Readable.from(frames, { objectMode: false, highWaterMark: 64 * 1024 }));
}

function sendOne(request: FastifyRequest, reply: FastifyReply, route: ServedRoute, response: Uint8Array): FastifyReply {
  const { text, raw, etag: version } = route.render(response);
  if (raw)
    return reply
      .header('content-type', raw.contentType || 'application/octet-stream')
      .send(Buffer.from(raw.data.buffer, raw.data.byteOffset, raw.data.byteLength));
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const { cache } = route.description;
  const etag = version ?? (cache && isRead ? toWeakTag(text!) : undefined);
  if (etag) reply.header('etag', etag);
  // without a word of the contract kept by the caller alone, and asked for anew each time (RFC 9111 §5.2.2)
  if (etag && isRead) reply.header('cache-control', cache ? toCacheControl(cache) : 'private, no-cache');
  // RFC 9110 §15.4.5
  if (etag && isRead && isKnown(etag, request.headers['if-none-match'])) return reply.code(304).send();
  return reply.header('content-type', 'application/json').send(Buffer.from(text!));
}

const toCacheControl = ({ maxAge, staleWhileRevalidate }: NonNullable<MethodDescription['cache']>): string =>
  `public, max-age=${maxAge}${staleWhileRevalidate ? `, stale-while-revalidate=${staleWhileRevalidate}` : ''}`;

/** A weak one, since the same answer may come compressed. */
const toWeakTag = (text: string): string => `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;

function requireBody(body: Readable | undefined): Readable {
  if (!body) throw requestUnreadable({ violations: [{ field: '', description: 'a body is required', reason: 'body.missing' }] });
  return body;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
