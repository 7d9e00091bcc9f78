import { createServer as createHttp2, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { replaceListener } from './replace-listener';

export interface Http2Limits {
  isTls: boolean;
  /** For the first bytes of a connection to come. Milliseconds. */
  headersTimeoutMs: number;
  /** How long a connection may be idle. Milliseconds. */
  keepAliveTimeoutMs: number;
  /** Requests of a connection; 0 is any number. */
  maxRequestsPerSocket: number;
}

/** The HTTP/2 connections of a server. */
export interface Http2Sessions {
  /** Says on each connection that the requests on their way are the last (GOAWAY), and ends it when they are answered. */
  end(): void;
  destroy(): void;
}

/** Every client's first bytes in HTTP/2 (RFC 9113 §3.4), as far as no method of HTTP/1.1 begins so. */
const preface = Buffer.from('PRI');
const ends = ['end', 'close', 'error'] as const;
const highestStreamId = 2 ** 31 - 1;
const maxConcurrentStreams = 128;
// longer than services let a stream be idle. Milliseconds.
const stalledAfterMs = 130_000;
// Milliseconds.
const roundTripMs = 300;

/**
 * Lets a server of HTTP/1.1 speak HTTP/2 too: over TLS where ALPN says so, on cleartext where the client begins with it.
 * @param handler what answers requests of either
 * @param onSlow given a connection on which nothing came
 */
export function speakHttp2(server: Server, handler: RequestListener, limits: Http2Limits, onSlow: (socket: Socket) => void): Http2Sessions {
  const http2 = createHttp2({ settings: { maxConcurrentStreams, enableConnectProtocol: false } }, handler as never);
  const sessions = watchSessions(http2, limits);
  const serveHttp2 = (socket: Socket) => {
    // a connection of HTTP/1.1 may be half closed; here, its other half would never be
    socket.allowHalfOpen = false;
    http2.emit('connection', socket);
  };
  replaceListener(server, limits.isTls ? 'secureConnection' : 'connection', (socket, serveHttp1) => {
    const serve = (isHttp2: boolean) => (isHttp2 ? serveHttp2(socket) : serveHttp1(socket));
    if (limits.isTls) serve((socket as TLSSocket).alpnProtocol === 'h2');
    else peek(socket, limits.headersTimeoutMs, serve, onSlow);
  });
  const forEach = (act: (session: ServerHttp2Session) => void) => [...sessions].filter((session) => !session.destroyed).forEach(act);
  return {
    end() {
      // twice, as RFC 9113 §6.8 has it: what was sent before the first was heard is answered still
      forEach((session) => session.goaway(0, highestStreamId));
      setTimeout(() => forEach((session) => session.close()), roundTripMs);
    },
    destroy: () => forEach((session) => session.destroy()),
  };
}

/** Looks at the first bytes of a connection, and puts them back. */
function peek(socket: Socket, waitMs: number, serve: (isHttp2: boolean) => void, onSlow: (socket: Socket) => void): void {
  let seen = Buffer.alloc(0);
  const settle = (then: () => void) => {
    clearTimeout(timer);
    for (const event of ends) socket.off(event, forget);
    socket.off('readable', look);
    then();
  };
  const forget = () => settle(() => socket.destroy());
  const look = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    seen = Buffer.concat([seen, chunk]);
    if (seen.length < preface.length && preface.subarray(0, seen.length).equals(seen)) return;
    settle(() => {
      socket.unshift(seen);
      serve(seen.subarray(0, preface.length).equals(preface));
    });
  };
  const timer = setTimeout(() => settle(() => onSlow(socket)), waitMs);
  for (const event of ends) socket.on(event, forget);
  socket.on('readable', look);
}

function watchSessions(http2: Http2Server, { keepAliveTimeoutMs, maxRequestsPerSocket }: Http2Limits): Set<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  http2.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.setTimeout(keepAliveTimeoutMs, () => {
      session.close();
      // streams that nobody reads would keep it open
      setTimeout(() => session.destroy(), stalledAfterMs).unref();
    });
    let requests = 0;
    session.on('stream', () => {
      if (++requests === maxRequestsPerSocket) session.close();
    });
  });
  // a client that breaks the protocol ends its own connection, and nothing else
  http2.on('sessionError', () => {});
  return sessions;
}
