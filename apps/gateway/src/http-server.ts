import fastify, { type FastifyInstance } from 'fastify';
import type { Server } from 'node:http';
import { Server as TcpServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { headersTooLarge, requestTooSlow, requestUnreadable, urlTooLong } from '@gatehouse/contracts/api';
import type { AppError } from '@gatehouse/errors';
import { noSchemas } from '@gatehouse/lifecycle';
import { toRequestTarget } from '@gatehouse/transcoding';
import { createListener, type Listener, type ListenerOptions } from './edge/listener';
import { refuseConnection } from './edge/raw-refusal';

export interface HttpServerOptions extends ListenerOptions {
  maxBodyBytes: number;
  /** Paths with a handler in the gateway itself. */
  ownPaths?: readonly string[];
}

export interface HttpServer {
  readonly app: FastifyInstance;
  /**
   * Closes the listening socket, tells clients of HTTP/2 so, and waits until all have left or none has asked anything for `quietMs`
   * milliseconds, `maxMs` at most. Not http.Server's own close(): that would cut idle connections at once, on which a request may be on its way.
   */
  stopListening(quietMs: number, maxMs: number): Promise<void>;
  /** Ends every connection now. */
  cut(): void;
}

/** The HTTP server of the edge, with limits and without routes. */
export function createHttpServer({ maxBodyBytes, ownPaths = [], ...options }: HttpServerOptions): HttpServer {
  const listeners: Listener[] = [];
  const app = fastify({
    ...noSchemas,
    logger: false,
    bodyLimit: maxBodyBytes,
    serverFactory(handler) {
      const listener = createListener(handler, options);
      listeners.push(listener);
      return listener.server;
    },
    // Fastify's router answers by itself what it cannot decode. The transcoder has its own routes, and reads the URL as it came.
    rewriteUrl({ url = '/' }) {
      const { path } = toRequestTarget(url);
      return ownPaths.includes(path) ? path : '/';
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler(error, socket) {
      if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy();
      const line = readFirstLine(error);
      refuseConnection(socket, toAppError(error, line, options), { observer: options.observer, method: line.startsWith('HEAD ') ? 'HEAD' : undefined });
    },
  });
  return {
    app,
    async stopListening(quietMs, maxMs) {
      TcpServer.prototype.close.call(app.server);
      for (const { http2 } of listeners) http2?.end();
      const end = Date.now() + maxMs;
      let heard = Date.now();
      app.server.on('request', () => (heard = Date.now()));
      while (Date.now() < Math.min(end, heard + quietMs) && (await countConnections(app.server)) > 0) await pause(25);
    },
    cut() {
      for (const { server, http2 } of listeners) {
        http2?.destroy();
        server.closeAllConnections();
      }
    },
  };
}

/** The request line, where what Node's parser refused begins with it. */
const readFirstLine = ({ rawPacket }: { rawPacket?: unknown }): string => (Buffer.isBuffer(rawPacket) ? rawPacket.toString('latin1') : '').split('\r\n', 1)[0]!;

/** What has a better status than 400 (RFC 9110 §15.5.9 and §15.5.15, RFC 6585 §5). */
function toAppError({ code }: { code?: string }, line: string, { maxUrlBytes, maxHeaderBytes, headersTimeoutMs }: ListenerOptions): AppError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return requestTooSlow({ limit: 'headers_ms', max: String(headersTimeoutMs) });
    case 'HPE_HEADER_OVERFLOW':
      return line.length > maxUrlBytes && /^[A-Z-]+ /.test(line)
        ? urlTooLong({ limit: 'url_bytes', max: String(maxUrlBytes) })
        : headersTooLarge({ limit: 'header_bytes', max: String(maxHeaderBytes) });
    default:
      return requestUnreadable();
  }
}

const countConnections = (server: Server): Promise<number> => new Promise((resolve) => server.getConnections((_error, count) => resolve(count ?? 0)));
