import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import { requestUnreadable } from '@gatehouse/contracts/api';
import { toProblem, toProblemHeaders } from '@gatehouse/transcoding';

// a client that sends its request drop by drop does not hold a connection for long
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 20_000;

/** The HTTP server of the edge, with limits and without routes. */
export function createHttpServer({ maxBodyBytes }: { maxBodyBytes: number }): FastifyInstance {
  const unreadable = requestUnreadable();
  const problem = JSON.stringify(toProblem(unreadable));
  const app = fastify({
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: 65_000, // longer than load balancers keep theirs
    http: { headersTimeout: headersTimeoutMs, connectionsCheckingInterval: 1_000, maxHeaderSize: 16 * 1024 },
    routerOptions: { maxParamLength: 8_192 },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // what is no HTTP, or no URL, never reaches a route
    clientErrorHandler(error, socket) {
      if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy();
      const head = Object.entries({ ...toProblemHeaders(unreadable), 'content-length': Buffer.byteLength(problem), connection: 'close' });
      socket.end(`HTTP/1.1 400 Bad Request\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${problem}`);
    },
    frameworkErrors: (_error, _request, reply) => void (reply as FastifyReply).code(400).headers(toProblemHeaders(unreadable)).send(problem),
  });
  app.server.maxHeadersCount = 100;
  return app;
}

/** Closes the listening socket alone: http.Server's own close() would also cut idle connections, on which a request may be on its way. */
export function stopListening(server: Server): void {
  TcpServer.prototype.close.call(server);
}
