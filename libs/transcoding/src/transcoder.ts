import type { AppError, ErrorDeclaration } from '@gatehouse/errors';
import { cancelled, httpMethodUnsupported, methodUnknown, overloaded, requestUnreadable, unavailable } from '@gatehouse/contracts/api';
import { createRegistryOf, findConfidential, readMethods, type RpcChannel, type RpcMethod } from '@gatehouse/rpc';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { answer, type AnswerOptions } from './answer';
import { type CallPolicy, requireForwardable, toRequestId } from './call-options';
import { type Exchange, isStream, type ServedRoute } from './exchange';
import { findRoute } from './find-route';
import { createInFlight } from './in-flight';
import type { MethodDescription } from './method-description';
import type { HttpCaller, HttpObserver } from './observer';
import { writeProblem } from './problem';
import { createRefusals, oauthHeaders } from './refusals';
import { createRender } from './render';
import { isAmbiguous, toRequestTarget } from './request-target';
import { readRoutes, type Route } from './route';
import { serveWebSockets } from './web-socket';

export interface TranscodingOptions extends Partial<CallPolicy> {
  /** A FileDescriptorSet of the contracts to serve, options and imports included. */
  descriptors: Uint8Array;
  /** Where the services of each proto package are. */
  upstreams: ReadonlyMap<string, RpcChannel>;
  /** What the contract says of a method in options of its own. */
  describe?: (method: RpcMethod) => MethodDescription;
  /** Every error that the contracts declare: gives problems their titles, in the languages that there are. */
  errors?: readonly ErrorDeclaration[];
  /** Where each of these has a page, `/docs/errors`; a problem's type is `/docs/errors/DOMAIN/REASON`. */
  errorPages?: string;
  /** Says who knocks, or throws unless they may: asked after the request was read, before it is sent on; for a stream of requests before it is read. */
  authenticate?: (method: RpcMethod, authorization: string | undefined) => Promise<HttpCaller | void>;
  observer?: HttpObserver;
  /** How long a stream of events may be silent until it says that it is alive. Milliseconds, 15,000 by default. */
  heartbeatMs?: number;
  /** Requests at a time, streams included; one more is refused. Default: 10,000. */
  maxInFlight?: number;
}

export interface Transcoder {
  readonly routes: readonly Route[];
  /**
   * Makes the app serve every route, WebSockets included, and answer everything else with a problem document. URLs that
   * Fastify's router would refuse by itself reach it only behind a `rewriteUrl`: what counts is the URL as it came.
   */
  register(app: FastifyInstance): void;
  /** Whether what a request sends is a stream, by its HTTP method and URL. */
  takesStream(method: string, url: string): boolean;
  /** Ends every stream, or everything that is not answered yet, with UNAVAILABLE, so that its caller comes back, elsewhere if need be. */
  end(which: 'streams' | 'all'): void;
}

// for what is left to say before a connection is cut. Milliseconds.
const lastWordMs = 100;

/**
 * Serves gRPC methods over HTTP and JSON, by the google.api.http rules of their contracts. No code of any service is needed.
 * @throws when a rule cannot be served, a package with routes has no upstream, or a header cannot be passed on
 */
export function createTranscoder(options: TranscodingOptions): Transcoder {
  const {
    descriptors,
    upstreams,
    describe = () => ({}),
    authenticate = async () => {},
    observer,
    heartbeatMs = 15_000,
    maxInFlight = 10_000,
    errors = [],
    errorPages,
  } = options;
  const { deadlineMs = 15_000, maxDeadlineMs = 60_000, requestHeaders = [], responseHeaders = [], metadataOf = () => ({}) } = options;
  requireForwardable([...requestHeaders, ...responseHeaders]);
  const registry = createRegistryOf([descriptors]);
  const found = readRoutes(registry, readMethods([descriptors]));
  const homeless = found.filter((route) => !upstreams.has(packageOf(route)));
  if (homeless.length) throw new Error(`no upstream is set for ${toHomelessText(homeless)}`);
  const routes: readonly ServedRoute[] = found.map((route) => ({
    ...route,
    description: describe(route.rpc),
    channel: upstreams.get(packageOf(route))!,
    render: createRender(route, registry),
  }));
  const exchanges = new WeakMap<FastifyRequest, Exchange>();
  const open = new Set<Exchange>();
  const inFlight = createInFlight(maxInFlight);
  let webSockets: ReturnType<typeof serveWebSockets> | undefined;

  const openExchange = (raw: IncomingMessage, url: string): Exchange => {
    const { method = '', headers } = raw;
    const requestId = toRequestId(headers['x-request-id'], randomUUID);
    const observation = observer?.start({
      method,
      path: url,
      requestId,
      headers,
      scheme: (raw.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http',
      protocolVersion: raw.httpVersion.replace(/^2\.0$/, '2'),
    });
    const exchange: Exchange = { requestId, observation, target: toRequestTarget(url), headers, ownMetadata: metadataOf(raw), gone: new AbortController() };
    open.add(exchange);
    return exchange;
  };
  const closeExchange = (exchange: Exchange, status: number, error: AppError | undefined) => {
    if (!open.delete(exchange)) return;
    const { observation, found, caller } = exchange;
    observation?.end({ status, route: found?.route.template.source, error, caller, confidential: () => toConfidential(exchange) });
  };
  const { toSeen, refuse } = createRefusals({
    errors,
    errorPages,
    isOAuth(method, { found, target }) {
      const matching = found ?? findRoute(routes, method, target.path);
      return 'route' in matching && matching.route.description.acceptsForm === true;
    },
  });
  const serving: AnswerOptions = {
    registry,
    policy: { deadlineMs, maxDeadlineMs, requestHeaders, responseHeaders },
    heartbeatMs,
    authenticate,
    onError: toSeen,
  };

  const route = async (request: FastifyRequest, reply: FastifyReply) => {
    const exchange = exchanges.get(request)!;
    const matching = findRoute(routes, request.method, exchange.target.path);
    if ('route' in matching) {
      exchange.found = matching;
      if (matching.route.description.acceptsForm) reply.headers(oauthHeaders);
      return;
    }
    if (!matching.allowed.length) throw methodUnknown();
    reply.header('allow', matching.allowed.join(', '));
    if (request.method === 'OPTIONS') return reply.code(204).send();
    throw httpMethodUnsupported();
  };

  return {
    routes,
    takesStream(method, url) {
      const matching = findRoute(routes, method, toRequestTarget(url).path);
      return 'route' in matching && matching.route.rpc.requestStream;
    },
    end(which) {
      for (const { gone, found } of open)
        if (which === 'all' || (found && isStream(found.route))) gone.abort(unavailable({ retryDelayMs: which === 'all' ? 1_000 : 0 }));
      // HTTP ends with its server, which knows nothing of these
      if (which === 'all') setTimeout(() => webSockets?.destroy(), lastWordMs).unref();
    },
    register(app) {
      for (const { httpMethod } of routes)
        if (httpMethod !== '*' && !app.supportedMethods.includes(httpMethod)) app.addHttpMethod(httpMethod, { hasBody: true });
      app.removeAllContentTypeParsers();
      // read by the route that knows what it is
      app.addContentTypeParser('*', (_request, body, done) => done(null, body));
      app.addHook('onRequest', async (request, reply) => {
        const exchange = openExchange(request.raw, request.originalUrl);
        const verdict = inFlight.enter(request.raw, reply.raw, () => {
          const isAnswered = reply.raw.writableFinished;
          if (!isAnswered) exchange.gone.abort(cancelled());
          closeExchange(exchange, isAnswered ? reply.statusCode : 499, exchange.error ?? (isAnswered ? undefined : cancelled()));
        });
        if (verdict !== 'ok') exchange.observation?.shed?.(verdict);
        if (verdict === 'flood') {
          request.raw.socket.destroy();
          return reply.hijack();
        }
        exchanges.set(request, exchange);
        reply.headers({ 'x-request-id': exchange.requestId, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
        const { traceresponse } = exchange.observation ?? {};
        if (traceresponse) reply.header('traceresponse', traceresponse);
        if (verdict === 'overflow') throw overloaded({ retryDelayMs: 1_000 });
        if (isAmbiguous(request.raw, request.originalUrl)) throw requestUnreadable();
      });
      // what other hooks do belongs to the request's trace too
      app.addHook('onRequest', (request, _reply, done) => {
        const observation = exchanges.get(request)?.observation;
        if (observation) observation.run(done);
        else done();
      });
      app.setErrorHandler((error: FastifyError | AppError, request, reply) =>
        refuse(request, reply, exchanges.get(request) ?? openExchange(request.raw, request.originalUrl), error),
      );
      // methods that Fastify does not know
      app.setNotFoundHandler(route);
      app.route({
        method: app.supportedMethods,
        url: '/*',
        // before the body is read: what leads nowhere is told so whatever it carries
        onRequest: route,
        // the body is read by an event of the socket, outside of the trace: so it is entered here
        handler: (request, reply) => {
          const exchange = exchanges.get(request)!;
          const work = () => answer(request, reply, exchange, serving);
          return exchange.observation ? exchange.observation.run(work) : work();
        },
      });
      webSockets = serveWebSockets(app.server as Server, {
        ...serving,
        routes,
        maxFrameBytes: app.initialConfig.bodyLimit ?? 1_048_576,
        openExchange: (request) => openExchange(request, request.url ?? '/'),
        refuse(socket, exchange, thrown) {
          const { error, problem } = toSeen(exchange, thrown);
          writeProblem(socket, error, problem, { traceresponse: exchange.observation?.traceresponse });
          closeExchange(exchange, problem.status, error);
        },
        enter: (request, socket) => inFlight.enter(request, socket),
        close: closeExchange,
      });
    },
  };
}

/** What nobody but the caller may read of a request. */
const toConfidential = ({ found, message, headers }: Exchange): readonly string[] => [
  ...(found && message ? findConfidential(found.route.rpc.descriptor.input, message) : []),
  ...(headers.authorization?.split(' ').slice(1) ?? []),
];

const toHomelessText = (routes: readonly Route[]): string =>
  [...new Set(routes.map((route) => `${packageOf(route)}, which serves ${route.httpMethod} ${route.template.source} (${route.rpc.path})`))].join('; ');

const packageOf = ({ rpc }: Pick<Route, 'rpc'>): string => rpc.descriptor.parent.file.proto.package;
