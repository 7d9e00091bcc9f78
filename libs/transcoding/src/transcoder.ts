import { type FileRegistry, fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import { AppError, toHttpStatus } from '@gatehouse/errors';
import { cancelled, httpMethodUnsupported, internal, methodUnknown, requestTooLarge, requestUnreadable } from '@gatehouse/contracts/api';
import { createRegistryOf, readMethods, type RpcChannel, type RpcMethod } from '@gatehouse/rpc';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import { bindRequest } from './bind-request';
import type { HttpObservation, HttpObserver } from './observer';
import { toProblem, toProblemHeaders } from './problem';
import { readBody } from './read-body';
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
  /** Makes the app serve every route, and answer everything else with a problem document. */
  register(app: FastifyInstance): void;
}

/** What is kept of a request while it is answered. */
interface Exchange {
  readonly requestId: string;
  readonly observation: HttpObservation | undefined;
  route?: Route;
  error?: AppError;
}

/**
 * Serves gRPC methods over HTTP and JSON, by the google.api.http rules of their contracts. No code of any service is needed.
 * @throws when a rule cannot be served, or a package with routes has no upstream
 */
export function createTranscoder({ descriptorSet, upstreams, authenticate, observer, deadlineMs = 15_000 }: TranscodingOptions): Transcoder {
  const registry = createRegistryOf([descriptorSet]);
  const routes = readRoutes(registry, readMethods([descriptorSet]));
  const homeless = [...new Set(routes.map(packageOf))].filter((name) => !upstreams.has(name));
  if (homeless.length) throw new Error(`no upstream is set for ${homeless.join(', ')}`);
  const exchanges = new WeakMap<FastifyRequest, Exchange>();

  const refuse = (request: FastifyRequest, reply: FastifyReply, error: AppError) => {
    const exchange = exchanges.get(request);
    if (exchange) exchange.error = error;
    const problem = toProblem(error, { traceId: exchange?.observation?.traceId, requestId: exchange?.requestId });
    return reply.code(toHttpStatus(error)).headers(toProblemHeaders(error)).send(Buffer.from(JSON.stringify(problem)));
  };

  const answer = async (request: FastifyRequest, reply: FastifyReply, exchange: Exchange) => {
    const url = request.raw.url ?? '/';
    const cut = url.indexOf('?');
    const path = cut === -1 ? url : url.slice(0, cut);
    const found = findRoute(routes, request.method, path);
    if ('allowed' in found) {
      if (!found.allowed.length) throw methodUnknown();
      reply.header('allow', found.allowed.join(', '));
      if (request.method === 'OPTIONS') return reply.code(204).send();
      throw httpMethodUnsupported();
    }
    const { route, variables } = found;
    exchange.route = route;
    const body = readBody(request.body as Buffer | undefined, request.headers['content-type']);
    const message = bindRequest(route, { path: variables, query: cut === -1 ? '' : url.slice(cut + 1), body }, registry);
    const { authorization } = request.headers;
    await authenticate?.(route.rpc, authorization);
    const response = await upstreams.get(packageOf(route))!.unary(route.rpc, toBinary(route.rpc.descriptor.input, message), {
      deadlineMs,
      signal: abortedWith(reply),
      metadata: { 'x-request-id': exchange.requestId, ...(authorization ? { authorization } : {}) },
    });
    return reply.header('content-type', 'application/json').send(Buffer.from(toResponseText(route, response, registry)));
  };

  return {
    routes,
    register(app) {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      app.addHook('onRequest', async (request, reply) => {
        const requestId = randomUUID();
        const { method, headers } = request;
        const observation = observer?.start({ method, path: request.raw.url ?? '/', requestId, headers });
        const exchange: Exchange = { requestId, observation };
        exchanges.set(request, exchange);
        reply.headers({ 'x-request-id': requestId, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
        reply.raw.once('close', () => {
          const isAnswered = reply.raw.writableFinished;
          const error = exchange.error ?? (isAnswered ? undefined : cancelled());
          observation?.end({ status: isAnswered ? reply.statusCode : 499, route: exchange.route?.template.source, error });
        });
        if (isSmuggling(request)) throw requestUnreadable();
      });
      app.setErrorHandler((error: FastifyError | AppError, request, reply) => refuse(request, reply, toAppError(error)));
      app.route({
        method: app.supportedMethods,
        url: '/*',
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

const packageOf = ({ rpc }: Pick<Route, 'rpc'>): string => rpc.descriptor.parent.file.proto.package;

type Found = { route: Route; variables: readonly string[] } | { allowed: readonly string[] };

function findRoute(routes: readonly Route[], method: string, path: string): Found {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const allowed = new Set<string>();
  for (const route of routes) {
    const match = route.template.pattern.exec(path);
    if (!match) continue;
    if (route.httpMethod === wanted) return { route, variables: match.slice(1) };
    allowed.add(route.httpMethod);
  }
  return { allowed: [...allowed].sort() };
}

function toResponseText({ rpc, responseBody }: Route, bytes: Uint8Array, registry: FileRegistry): string {
  const json = toJson(rpc.descriptor.output, fromBinary(rpc.descriptor.output, bytes), { registry, alwaysEmitImplicit: true });
  return JSON.stringify(responseBody ? ((json as Record<string, unknown>)[responseBody.jsonName] ?? null) : json);
}

/** Aborted when the caller goes away before the answer. */
function abortedWith(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(cancelled());
  });
  return controller.signal;
}

// what two servers on the way could read differently (RFC 9112 §3.2, §6.1)
function isSmuggling({ raw }: FastifyRequest): boolean {
  const hosts = raw.rawHeaders.filter((value, index) => index % 2 === 0 && value.toLowerCase() === 'host').length;
  return hosts > 1 || (raw.httpVersion === '1.0' && raw.headers['transfer-encoding'] !== undefined);
}

function toAppError(error: FastifyError | AppError): AppError {
  if (error instanceof AppError) return error;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return requestTooLarge();
  if (error.statusCode !== undefined && error.statusCode < 500) return requestUnreadable({ cause: error });
  return internal({ error_id: randomUUID() }, { cause: error });
}
