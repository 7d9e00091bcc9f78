import { type FileRegistry, fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import { AppError, toHttpStatus } from '@gatehouse/errors';
import { cancelled, httpMethodUnsupported, internal, mediaTypeUnsupported, methodUnknown, requestTooLarge, requestUnreadable } from '@gatehouse/contracts/api';
import { createRegistryOf, readMethods, type RpcChannel, type RpcMethod } from '@gatehouse/rpc';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { bindRequest } from './bind-request';
import { findRoute, type FoundRoute } from './find-route';
import type { HttpObservation, HttpObserver } from './observer';
import { toProblem, toProblemHeaders } from './problem';
import { readBody } from './read-body';
import { isAmbiguous, type RequestTarget, toRequestTarget } from './request-target';
import { readRoutes, type Route } from './route';

export interface TranscodingOptions {
  /** The contracts to serve, options and imports included. */
  descriptorSet: Uint8Array;
  /** Where the services of each proto package are. */
  upstreams: ReadonlyMap<string, RpcChannel>;
  /** Throws unless the caller may knock: asked after the request was read, before it is sent on. */
  authenticate?: (method: RpcMethod, authorization: string | undefined) => Promise<void>;
  observer?: HttpObserver;
  /** How long a call may take, in milliseconds. */
  deadlineMs?: number;
}

export interface Transcoder {
  readonly routes: readonly Route[];
  /**
   * Makes the app serve every route, and answer everything else with a problem document. URLs that Fastify's router would
   * refuse by itself reach it only behind a `rewriteUrl`: what counts is the URL as it came.
   */
  register(app: FastifyInstance): void;
}

/** What is kept of a request while it is answered. */
interface Exchange {
  readonly requestId: string;
  readonly observation: HttpObservation | undefined;
  readonly target: RequestTarget;
  /** Aborted when the caller goes away before the answer. */
  readonly gone: AbortController;
  found?: Extract<FoundRoute, { route: Route }>;
  error?: AppError;
}

/**
 * Serves gRPC methods over HTTP and JSON, by the google.api.http rules of their contracts. No code of any service is needed.
 * @throws when a rule cannot be served, or a package with routes has no upstream
 */
export function createTranscoder({ descriptorSet, upstreams, authenticate, observer, deadlineMs = 15_000 }: TranscodingOptions): Transcoder {
  const registry = createRegistryOf([descriptorSet]);
  const routes = readRoutes(registry, readMethods([descriptorSet]));
  const homeless = routes.filter((route) => !upstreams.has(packageOf(route)));
  if (homeless.length) throw new Error(`no upstream is set for ${toHomelessText(homeless)}`);
  const exchanges = new WeakMap<FastifyRequest, Exchange>();

  const refuse = (request: FastifyRequest, reply: FastifyReply, error: AppError) => {
    const exchange = exchanges.get(request);
    if (exchange) exchange.error = error;
    const problem = toProblem(error, { traceId: exchange?.observation?.traceId, requestId: exchange?.requestId });
    return reply.code(toHttpStatus(error)).headers(toProblemHeaders(error)).send(Buffer.from(JSON.stringify(problem)));
  };

  const route = async (request: FastifyRequest, reply: FastifyReply) => {
    const exchange = exchanges.get(request)!;
    const found = findRoute(routes, request.method, exchange.target.path);
    if ('route' in found) {
      exchange.found = found;
      return;
    }
    if (!found.allowed.length) throw methodUnknown();
    reply.header('allow', found.allowed.join(', '));
    if (request.method === 'OPTIONS') return reply.code(204).send();
    throw httpMethodUnsupported();
  };

  const answer = async (request: FastifyRequest, reply: FastifyReply, { found, target, requestId, gone }: Exchange) => {
    const { route, variables } = found!;
    const body = readBody(request.body as Buffer | undefined, request.headers);
    const message = bindRequest(route, { path: variables, query: target.query, body }, registry);
    const { authorization } = request.headers;
    await authenticate?.(route.rpc, authorization);
    const response = await upstreams.get(packageOf(route))!.unary(route.rpc, toBinary(route.rpc.descriptor.input, message), {
      deadlineMs,
      signal: gone.signal,
      metadata: { 'x-request-id': requestId, ...(authorization ? { authorization } : {}) },
    });
    return reply.header('content-type', 'application/json').send(Buffer.from(toResponseText(route, response, registry)));
  };

  return {
    routes,
    register(app) {
      for (const { httpMethod } of routes) if (!app.supportedMethods.includes(httpMethod)) app.addHttpMethod(httpMethod, { hasBody: true });
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      app.addHook('onRequest', async (request, reply) => {
        const requestId = randomUUID();
        const { method, originalUrl, headers } = request;
        const observation = observer?.start({ method, path: originalUrl, requestId, headers });
        const exchange: Exchange = { requestId, observation, target: toRequestTarget(originalUrl), gone: new AbortController() };
        exchanges.set(request, exchange);
        reply.headers({ 'x-request-id': requestId, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
        reply.raw.once('close', () => {
          const isAnswered = reply.raw.writableFinished;
          if (!isAnswered) exchange.gone.abort(cancelled());
          const error = exchange.error ?? (isAnswered ? undefined : cancelled());
          observation?.end({ status: isAnswered ? reply.statusCode : 499, route: exchange.found?.route.template.source, error });
        });
        if (isAmbiguous(request.raw, originalUrl)) throw requestUnreadable();
      });
      app.setErrorHandler((error: FastifyError | AppError, request, reply) => refuse(request, reply, toAppError(error)));
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
          const work = () => answer(request, reply, exchange);
          return exchange.observation ? exchange.observation.run(work) : work();
        },
      });
    },
  };
}

const toHomelessText = (routes: readonly Route[]): string =>
  [...new Set(routes.map((route) => `${packageOf(route)}, which serves ${route.httpMethod} ${route.template.source} (${route.rpc.path})`))].join('; ');

const packageOf = ({ rpc }: Pick<Route, 'rpc'>): string => rpc.descriptor.parent.file.proto.package;

function toResponseText({ rpc, responseBody }: Route, bytes: Uint8Array, registry: FileRegistry): string {
  const json = toJson(rpc.descriptor.output, fromBinary(rpc.descriptor.output, bytes), { registry, alwaysEmitImplicit: true });
  return JSON.stringify(responseBody ? ((json as Record<string, unknown>)[responseBody.jsonName] ?? null) : json);
}

function toAppError(error: FastifyError | AppError): AppError {
  if (error instanceof AppError) return error;
  if (error.statusCode === 413) return requestTooLarge();
  if (error.statusCode === 415) return mediaTypeUnsupported();
  if (error.statusCode !== undefined && error.statusCode < 500) return requestUnreadable({ cause: error });
  return internal({ error_id: randomUUID() }, { cause: error });
}
