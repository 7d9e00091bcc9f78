import { toBinary } from '@bufbuild/protobuf';
import { cancelled, deadlineExceeded, methodUnknown, overloaded, requestUnreadable } from '@gatehouse/contracts/api';
import type { AppError } from '@gatehouse/errors';
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import { finished, type Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import type { AnswerOptions } from './answer';
import { bindRequest } from './bind-request';
import { type Exchange, isStream, knock, type ServedRoute, toCallOptions } from './exchange';
import { toHead, within } from './read-request';
import { toJsonValue } from './request-body';
import { isAmbiguous } from './request-target';
import { farewell, keepAlive, writeFrame } from './web-socket-life';

export interface WebSocketOptions extends AnswerOptions {
  readonly routes: readonly ServedRoute[];
  readonly maxFrameBytes: number;
  readonly openExchange: (request: IncomingMessage) => Exchange;
  /** Counts the request in, until its connection ends. */
  readonly enter: (request: IncomingMessage, socket: Duplex) => 'ok' | 'overflow' | 'flood';
  /** Ends a request that never became a WebSocket. */
  readonly refuse: (socket: Duplex, exchange: Exchange, error: unknown) => void;
  readonly close: (exchange: Exchange, status: number, error: AppError | undefined) => void;
}

/** The subprotocol that is spoken: a message of JSON a frame. */
const protocol = 'json';
// a token may stand here where no header can be set, as in a browser
const tokenPrefix = 'bearer.';

/** Whether a request asks for a WebSocket at all; other upgrades are passed over. */
export const asksForWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket';

/** What a request for a WebSocket says in Authorization, or in its subprotocols. */
export function readSocketAuthorization(headers: IncomingHttpHeaders): string | undefined {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const token = offered.find((name) => name.startsWith(tokenPrefix))?.slice(tokenPrefix.length);
  return headers.authorization ?? (token && `Bearer ${token}`);
}

/**
 * Serves every route with a stream also as a WebSocket (RFC 6455), whatever its HTTP method: a text frame a message, `{"result": …}`
 * back, and `{"error": problem}` before the end of one that failed. An empty frame says that no more requests follow. Gives what
 * ends every one at once.
 */
export function serveWebSockets(server: Server, options: WebSocketOptions): { destroy(): void } {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.maxFrameBytes, handleProtocols: (offered) => offered.has(protocol) && protocol });
  const open = new Set<Duplex>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node has let go of the socket: nobody else hears of its errors, or ends it
    socket.on('error', () => socket.destroy());
    open.add(socket);
    const exchange = options.openExchange(request);
    let isConversing = false;
    socket.once('close', () => {
      open.delete(socket);
      exchange.gone.abort(cancelled());
      if (!isConversing) options.close(exchange, 499, cancelled());
    });
    const run = <T>(work: () => T) => (exchange.observation ? exchange.observation.run(work) : work());
    void run(() => accept(request, socket, exchange, options)).then(
      (route) =>
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          isConversing = true;
          void run(() => converse(webSocket, route, exchange, options));
        }),
      (error) => options.refuse(socket, exchange, error),
    );
  });
  return { destroy: () => open.forEach((socket) => socket.destroy()) };
}

async function accept(request: IncomingMessage, socket: Duplex, exchange: Exchange, { routes, authenticate, enter }: WebSocketOptions): Promise<ServedRoute> {
  const verdict = enter(request, socket);
  if (verdict !== 'ok') {
    exchange.observation?.shed?.(verdict);
    throw overloaded({ retryDelayMs: 1_000 });
  }
  if (isAmbiguous(request, request.url ?? '/') || !isHandshake(request)) throw requestUnreadable();
  const matching = routes.filter(isStream).map((route) => ({ route, match: route.template.pattern.exec(exchange.target.path) }));
  const found = matching.find(({ match }) => match);
  if (!found) throw methodUnknown();
  const { route } = found;
  exchange.found = { route, variables: found.match!.slice(1) };
  const authorization = readSocketAuthorization(request.headers);
  if (authorization) exchange.headers.authorization = authorization;
  await knock(exchange, route.rpc, authenticate);
  return route;
}

/** RFC 6455 §4.2.1: what is none would be refused without our words. */
const isHandshake = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '') &&
  headers['sec-websocket-version'] === '13' &&
  headers['content-length'] === undefined &&
  headers['transfer-encoding'] === undefined;

async function converse(webSocket: WebSocket, route: ServedRoute, exchange: Exchange, options: WebSocketOptions): Promise<void> {
  const stream = createWebSocketStream(webSocket, { readableObjectMode: true, decodeStrings: false, encoding: 'utf8' });
  const { gone } = exchange;
  keepAlive(webSocket);
  finished(stream, { readable: false }, () => gone.abort(cancelled()));
  let timer: NodeJS.Timeout | undefined;
  let error: AppError | undefined;
  let lastFrame: string | undefined;
  try {
    const callOptions = toCallOptions(exchange, route, options.policy);
    // also while a reader takes nothing, who would not let the call's own end be heard
    if (callOptions.deadlineMs !== undefined) timer = setTimeout(() => gone.abort(deadlineExceeded()), callOptions.deadlineMs + 100);
    const requests = readFrames(stream, route, exchange, options);
    const responses = route.rpc.responseStream ? route.channel.stream(route.rpc, requests, callOptions) : collect(route, requests, callOptions);
    for await (const response of responses) await writeFrame(stream, `{"result":${route.render(response).text}}`, gone.signal);
  } catch (thrown) {
    const seen = options.onError(exchange, thrown);
    error = seen.error;
    lastFrame = JSON.stringify({ error: seen.problem });
  }
  clearTimeout(timer);
  await farewell(webSocket, stream, lastFrame, error);
  options.close(exchange, 101, error);
}

/** The one response of a method, as a stream of it. */
async function* collect(
  { rpc, channel }: ServedRoute,
  requests: AsyncIterable<Uint8Array>,
  callOptions: ReturnType<typeof toCallOptions>,
): AsyncGenerator<Uint8Array> {
  yield await channel.collect(rpc, requests, callOptions);
}

/** The requests in the frames: one, or as many as there are until an empty one. A route without a body needs none. What else comes is passed over. */
async function* readFrames(stream: Duplex, route: ServedRoute, exchange: Exchange, { registry }: WebSocketOptions): AsyncGenerator<Uint8Array> {
  const { input } = route.rpc.descriptor;
  let head: Partial<ReturnType<typeof toHead>> = toHead(route, exchange);
  let index = 0;
  if (route.body === undefined) yield toBinary(input, bindRequest(route, { ...head, body: undefined }, registry));
  else
    for await (const frame of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<string | Buffer>) {
      if (frame.length === 0) break;
      if (typeof frame !== 'string')
        throw requestUnreadable({ violations: [{ field: `[${index}]`, description: 'must be a text frame', reason: 'frame.type' }] });
      yield within(index++, () => toBinary(input, bindRequest(route, { ...head, body: toJsonValue(frame) }, registry)));
      if (!route.rpc.requestStream) break;
      head = {};
    }
  stream.resume();
}
