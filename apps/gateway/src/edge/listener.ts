import { requestTooSlow, requestUnreadable, tooManyConnections } from '@gatehouse/contracts/api';
import type { CertificateFiles } from '@gatehouse/lifecycle';
import { asksForWebSocket, type HttpObserver } from '@gatehouse/transcoding';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Server as TlsServer } from 'node:tls';
import { limitConnections } from './connection-limit';
import { type Http2Sessions, speakHttp2 } from './protocols';
import { refuseConnection } from './raw-refusal';

export interface ListenerLimits {
  maxUrlBytes: number;
  maxHeaderBytes: number;
  headersTimeoutMs: number;
  maxConnections: number;
  /** 0 is any number. */
  maxRequestsPerSocket: number;
}

export interface ListenerOptions extends ListenerLimits {
  isHttp2: boolean;
  /** TLS alone is spoken with them. */
  certificates?: CertificateFiles;
  observer?: HttpObserver;
}

export interface Listener {
  readonly server: Server;
  readonly http2?: Http2Sessions;
}

// longer than load balancers keep theirs
const keepAliveTimeoutMs = 65_000;
// past the parser's own limit there is no telling what was too large
const parserSlackBytes = 1_024;
const retryAfterMs = 1_000;
const stalledAfterMs = 180_000;

/** A server for one port: HTTP/1.1 and HTTP/2, over TLS or not. */
export function createListener(handler: RequestListener, options: ListenerOptions): Listener {
  const { headersTimeoutMs, maxRequestsPerSocket, maxConnections, certificates, observer } = options;
  const http: ServerOptions = {
    headersTimeout: headersTimeoutMs,
    // told in our own words
    requireHostHeader: false,
    // a stream of requests may go on; what may not is limited where the route is known
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs),
    keepAliveTimeout: keepAliveTimeoutMs,
    maxHeaderSize: options.maxUrlBytes + options.maxHeaderBytes + parserSlackBytes,
    shouldUpgradeCallback: asksForWebSocket,
  };
  const isTls = certificates !== undefined;
  const identity = () => ({ cert: certificates!.current().cert, key: certificates!.current().key });
  const alpn = options.isHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'];
  const server: Server = isTls
    ? createHttpsServer({ ...http, ...identity(), handshakeTimeout: headersTimeoutMs, ALPNProtocols: alpn }, handler)
    : createServer(http, handler);
  server.maxRequestsPerSocket = maxRequestsPerSocket;
  // a reader that takes nothing; heartbeats and what services say of idle streams come sooner
  server.timeout = stalledAfterMs;
  // unheard, a wish for a tunnel (RFC 9110 §9.3.6) would end the connection without a word
  server.on('connect', (request: IncomingMessage, socket: Duplex) => refuseConnection(socket, requestUnreadable(), { observer, request }));
  // RFC 9110 §10.1.1
  server.on('checkExpectation', (request: IncomingMessage) => refuseConnection(request.socket, requestUnreadable(), { observer, request }));
  certificates?.onChange(() => (server as Server & TlsServer).setSecureContext(identity()));
  const http2 = options.isHttp2
    ? speakHttp2(server, handler, { isTls, headersTimeoutMs, keepAliveTimeoutMs, maxRequestsPerSocket }, (socket) =>
        refuseConnection(socket, requestTooSlow({ limit: 'headers_ms', max: String(headersTimeoutMs) }), { observer }),
      )
    : undefined;
  const full = () => tooManyConnections({ limit: 'connections', max: String(maxConnections) }, { retryDelayMs: retryAfterMs });
  limitConnections(server, maxConnections, isTls, (socket) => refuseConnection(socket, full(), { observer }));
  return { server, http2 };
}
