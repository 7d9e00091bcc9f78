import fastify, { type FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import { type Server, STATUS_CODES } from 'node:http';
import { type Socket, Server as TcpServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { requestUnreadable } from '@gatehouse/contracts/api';
import { asksForWebSocket, type HttpObserver, toProblem, writeProblem } from '@gatehouse/transcoding';

export interface HttpServerOptions {
  maxBodyBytes: number;
  /** Told of what is no HTTP too. */
  observer?: HttpObserver;
  /** Paths with a handler in the gateway itself. */
  ownPaths?: readonly string[];
  /** How long a client may take to send its headers, and its whole request: one that sends drop by drop holds nothing for long. Milliseconds. */
  headersTimeoutMs?: number;
  requestTimeoutMs?: number;
}

// what has a better status than 400 (RFC 9110 §15.5.9, RFC 6585 §5)
const statuses: Readonly<Record<string, number>> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

/** The HTTP server of the edge, with limits and without routes. */
export function createHttpServer({ maxBodyBytes, observer, ownPaths = [], headersTimeoutMs = 10_000, requestTimeoutMs = 20_000 }: HttpServerOptions): FastifyInstance {
  return fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: 65_000, // longer than load balancers keep theirs
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs), maxHeaderSize: 16 * 1024, shouldUpgradeCallback: asksForWebSocket },
    // Fastify's router answers by itself what it cannot decode. The transcoder has its own routes, and reads the URL as it came.
    rewriteUrl: ({ url = '/' }) => (ownPaths.includes(url) ? url : '/'),
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler(error, socket) {
      if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy();
      refuse(socket, statuses[error.code ?? ''] ?? 400, observer);
    },
  });
}

/** Answers what is no HTTP request, and so never reaches a route. */
function refuse(socket: Socket, status: number, observer?: HttpObserver): void {
  const requestId = randomUUID();
  const error = requestUnreadable();
  const observation = observer?.start({ method: '', path: '', requestId, headers: {} });
  const problem = { ...toProblem(error, { traceId: observation?.traceId, requestId, status }), title: STATUS_CODES[status]! };
  writeProblem(socket, error, problem, requestId);
  observation?.end({ status, route: undefined, error });
}

/**
 * Closes the listening socket, and waits until the clients have left, `maxMs` milliseconds at most. Not http.Server's own
 * close(): that would cut idle connections at once, on which a request may be on its way.
 */
export async function stopListening(server: Server, maxMs: number): Promise<void> {
  TcpServer.prototype.close.call(server);
  const end = Date.now() + maxMs;
  while (Date.now() < end && (await countConnections(server)) > 0) await pause(25);
}

const countConnections = (server: Server): Promise<number> => new Promise((resolve) => server.getConnections((_error, count) => resolve(count ?? 0)));
