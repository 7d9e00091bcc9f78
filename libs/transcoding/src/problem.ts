import { type AppError, toHttpStatus } from '@gatehouse/errors';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** An error as an HTTP caller reads it (RFC 9457), with what a program needs to act on it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  reason: string;
  domain: string;
  violations?: AppError['violations'];
  metadata?: AppError['metadata'];
  traceId?: string;
  requestId?: string;
}

// wrong credentials and dead refresh tokens are 401 too, and say nothing of a bearer token
const tokenReasons: ReadonlySet<string> = new Set(['TOKEN_INVALID', 'TOKEN_EXPIRED']);

export const problemType = 'application/problem+json';

/** What of an error the outside may know. */
export function toProblem(error: AppError, { traceId, requestId, status = toHttpStatus(error) }: { traceId?: string; requestId?: string; status?: number } = {}): Problem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Client Closed Request',
    status,
    detail: error.message,
    code: error.code,
    reason: error.reason,
    domain: error.domain,
    ...(error.violations.length ? { violations: error.violations } : {}),
    ...(Object.keys(error.metadata).length ? { metadata: error.metadata } : {}),
    ...(traceId ? { traceId } : {}),
    ...(requestId ? { requestId } : {}),
  };
}

/** Headers that belong to the error: when to try again (RFC 9110 §10.2.3), and how to authenticate (RFC 6750 §3). */
export function toProblemHeaders(error: AppError): Record<string, string> {
  return {
    'content-type': problemType,
    ...(error.retryDelayMs === undefined ? {} : { 'retry-after': String(Math.ceil(error.retryDelayMs / 1000)) }),
    ...(toHttpStatus(error) === 401 ? { 'www-authenticate': tokenReasons.has(error.reason) ? 'Bearer error="invalid_token"' : 'Bearer' } : {}),
  };
}

// for the answer to be read, until the connection is broken off. Milliseconds.
const readWithinMs = 1_000;

/** Answers on a bare socket, where no HTTP response can be had, and ends it. */
export function writeProblem(socket: Duplex, error: AppError, problem: Problem, requestId: string): void {
  const body = JSON.stringify(problem);
  const head = { ...toProblemHeaders(error), 'x-request-id': requestId, 'cache-control': 'no-store', 'content-length': Buffer.byteLength(body), connection: 'close' };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join('')}\r\n${body}`);
  // what is still sent is passed over: unread, it would take the answer along
  socket.on('error', () => {}).resume();
  setTimeout(() => socket.destroy(), readWithinMs).unref();
}
