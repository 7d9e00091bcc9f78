import { toBinary } from '@bufbuild/protobuf';
import { cancelled, methodUnknown, requestUnreadable } from '@gatehouse/contracts/api';
import type { AppError } from '@gatehouse/errors';
import type { IncomingMessage, Server } from 'node:http';
import { finished, type Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import type { AnswerOptions } from './answer';
import { bindRequest } from './bind-request';
import { type Exchange, isStream, type ServedRoute, toCallOptions } from './exchange';
import { toHead, within } from './read-request';
import { toJsonValue } from './request-body';

export interface WebSocketOptions extends AnswerOptions {
  readonly routes: readonly ServedRoute[];
  readonly maxFrameBytes: number;
  readonly openExchange: (request: IncomingMessage) => Exchange;
  /** Ends a request that never became a WebSocket. */
  readonly refuse: (socket: Duplex, exchange: Exchange, error: unknown) => void;
  readonly close: (exchange: Exchange, error: AppError | undefined) => void;
}

/** The subprotocol that is spoken: a message of JSON a frame. */
const protocol = 'json';
// a token may stand here where no header can be set, as in a browser
const tokenPrefix = 'bearer.';
const pingMs = 30_000;

/** Whether a request asks for a WebSocket at all; other upgrades are passed over. */
export const asksForWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket';

/**
 * Serves every route with a stream also as a WebSocket (RFC 6455), whatever its HTTP method: a text frame a message, `{"result": …}`
 * back, and `{"error": problem}` before the end of one that failed. An empty frame says that no more requests follow.
 */
export function serveWebSockets(server: Server, options: WebSocketOptions): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.maxFrameBytes, handleProtocols: (offered) => offered.has(protocol) && protocol });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const exchange = options.openExchange(request);
    // Node has let go of the socket: nobody else hears of its errors
    socket.on('error', () => socket.destroy());
    let isConversing = false;
    socket.once('close', () => {
      exchange.gone.abort(cancelled());
      if (!isConversing) options.close(exchange, cancelled());
    });
    const run = <T>(work: () => T) => (exchange.observation ? exchange.observation.run(work) : work());
    void run(() => accept(request, exchange, options)).then(
      (route) =>
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          isConversing = true;
          void run(() => converse(webSocket, route, exchange, options));
        }),
      (error) => options.refuse(socket, exchange, error),
    );
  });
}

async function accept(request: IncomingMessage, exchange: Exchange, { routes, authenticate }: WebSocketOptions): Promise<ServedRoute> {
  const matching = routes.filter(isStream).map((route) => ({ route, match: route.template.pattern.exec(exchange.target.path) }));
  const found = matching.find(({ match }) => match);
  if (!asksForWebSocket(request) || !found) throw methodUnknown();
  const { route } = found;
  exchange.found = { route, variables: found.match!.slice(1) };
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const token = offered.find((name) => name.startsWith(tokenPrefix))?.slice(tokenPrefix.length);
  if (token && !exchange.headers.authorization) exchange.headers.authorization = `Bearer ${token}`;
  await authenticate(route.rpc, exchange.headers.authorization);
  return route;
}

async function converse(webSocket: WebSocket, route: ServedRoute, exchange: Exchange, options: WebSocketOptions): Promise<void> {
  const stream = createWebSocketStream(webSocket, { readableObjectMode: true, decodeStrings: false, encoding: 'utf8' });
  const stopPinging = keepAlive(webSocket);
  finished(stream, { readable: false }, () => exchange.gone.abort(cancelled()));
  let error: AppError | undefined;
  try {
    for await (const response of call(route, exchange, readFrames(stream, route, exchange, options), options)) await write(stream, `{"result":${route.render(response).text}}`);
  } catch (thrown) {
    const seen = options.onError(exchange, thrown);
    error = seen.error;
    await write(stream, JSON.stringify({ error: seen.problem })).catch(() => {});
  }
  stopPinging();
  webSocket.close(toCloseCode(error), error?.reason.slice(0, 100));
  options.close(exchange, error);
}

/** The responses of the method, of which there may be one. */
async function* call(route: ServedRoute, exchange: Exchange, requests: AsyncIterable<Uint8Array>, { policy }: WebSocketOptions): AsyncGenerator<Uint8Array> {
  const callOptions = toCallOptions(exchange, route, policy);
  if (route.rpc.responseStream) yield* route.channel.stream(route.rpc, requests, callOptions) as AsyncGenerator<Uint8Array>;
  else yield await route.channel.collect(route.rpc, requests, callOptions);
}

/** The requests in the frames: one, or as many as there are until an empty one. A route without a body needs none. */
async function* readFrames(stream: Duplex, route: ServedRoute, exchange: Exchange, { registry }: WebSocketOptions): AsyncGenerator<Uint8Array> {
  const { input } = route.rpc.descriptor;
  let head: Partial<ReturnType<typeof toHead>> = toHead(route, exchange);
  if (route.body === undefined) return yield toBinary(input, bindRequest(route, { ...head, body: undefined }, registry));
  let index = 0;
  for await (const frame of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<string | Buffer>) {
    if (frame.length === 0) return;
    if (typeof frame !== 'string') throw requestUnreadable({ violations: [{ field: `[${index}]`, description: 'must be a text frame', reason: 'frame.type' }] });
    yield within(index++, () => toBinary(input, bindRequest(route, { ...head, body: toJsonValue(frame) }, registry)));
    if (!route.rpc.requestStream) return;
    head = {};
  }
}

/** Waits until the frame has left, so that a slow reader slows the producer. */
const write = (stream: Duplex, text: string): Promise<void> => new Promise((resolve, reject) => stream.write(text, (error) => (error ? reject(error) : resolve())));

/** Pings, and breaks off a connection whose other end is no longer there. */
function keepAlive(webSocket: WebSocket): () => void {
  let isAlive = true;
  webSocket.on('pong', () => (isAlive = true));
  const timer = setInterval(() => {
    if (!isAlive) return webSocket.terminate();
    isAlive = false;
    webSocket.ping();
  }, pingMs);
  webSocket.once('close', () => clearInterval(timer));
  return () => clearInterval(timer);
}

/** RFC 6455 §7.4.1, and 1013 of its registry: try again later. */
function toCloseCode(error: AppError | undefined): number {
  switch (error?.code) {
    case undefined:
      return 1000;
    case 'INVALID_ARGUMENT':
      return 1007;
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
      return 1008;
    case 'UNAVAILABLE':
    case 'RESOURCE_EXHAUSTED':
      return 1013;
    default:
      return 1011;
  }
}
