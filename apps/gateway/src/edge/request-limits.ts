import { headersTooLarge, requestTooSlow, requestUnreadable, urlTooLong } from '@gatehouse/contracts/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Http2ServerRequest } from 'node:http2';
import type { IncomingMessage } from 'node:http';

export interface RequestLimits {
  maxUrlBytes: number;
  maxHeaderBytes: number;
  maxHeaders: number;
  /** For the whole request. Milliseconds. */
  requestTimeoutMs: number;
}

// in HTTP/1.1 a header takes a colon, a space and a line end too (RFC 9112 §5)
const headerOverhead = 4;

/** Refuses requests whose URL or headers are beyond the limits, that are slow, but for streams of requests, and those of HTTP/2 that name two hosts. */
export function limitRequests(http: FastifyInstance, limits: RequestLimits, takesStream: (method: string, url: string) => boolean): void {
  http.addHook('onRequest', async (request, reply) => {
    refuseLarge(request.raw, request.originalUrl, limits);
    if (request.raw.httpVersionMajor > 1 && !namesOneHost(request.raw)) throw requestUnreadable();
    if (!takesStream(request.method, request.originalUrl)) limitTime(request, reply, limits.requestTimeoutMs);
  });
}

/** @throws urlTooLong, headersTooLarge */
export function refuseLarge(
  { rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>,
  url: string,
  { maxUrlBytes, maxHeaderBytes, maxHeaders }: Omit<RequestLimits, 'requestTimeoutMs'>,
): void {
  if (url.length > maxUrlBytes) throw urlTooLong({ limit: 'url_bytes', max: String(maxUrlBytes) });
  // pseudo-headers are the request line of HTTP/2
  const pairs = Array.from({ length: rawHeaders.length / 2 }, (_, index) => [rawHeaders[2 * index]!, rawHeaders[2 * index + 1]!] as const).filter(
    ([name]) => !name.startsWith(':'),
  );
  if (pairs.length > maxHeaders) throw headersTooLarge({ limit: 'headers', max: String(maxHeaders) });
  const bytes = pairs.reduce((sum, [name, value]) => sum + name.length + value.length + headerOverhead, 0);
  if (bytes > maxHeaderBytes) throw headersTooLarge({ limit: 'header_bytes', max: String(maxHeaderBytes) });
}

/** RFC 9113 §8.3.1: a server before us may have gone by the one and we by the other. */
function namesOneHost({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const { ':authority': authority, host } = headers as Record<string, string | undefined>;
  const named = authority ?? host;
  return named !== undefined && named !== '' && (host ?? named).toLowerCase() === named.toLowerCase();
}

/** In place of Node's own limit, which is for HTTP/1.1 alone and would end streams of requests too. */
function limitTime({ raw }: FastifyRequest, reply: FastifyReply, requestTimeoutMs: number): void {
  const timer = setTimeout(() => {
    if (raw.complete || reply.sent) return;
    // what is still to come is not waited for
    if (raw.httpVersionMajor === 1) {
      reply.header('connection', 'close');
      reply.raw.once('finish', () => raw.socket.destroy());
    } else {
      const { stream } = raw as unknown as Http2ServerRequest;
      stream.once('finish', () => stream.close());
    }
    reply.send(requestTooSlow({ limit: 'request_ms', max: String(requestTimeoutMs) }));
  }, requestTimeoutMs);
  raw.once('end', () => clearTimeout(timer));
  reply.raw.once('close', () => clearTimeout(timer));
}
