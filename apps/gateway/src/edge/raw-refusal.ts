import type { AppError } from '@gatehouse/errors';
import { type HttpObserver, toProblem, writeProblem } from '@gatehouse/transcoding';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

// for the answer to be read, until the connection is broken off. Milliseconds.
const readWithinMs = 1_000;

/** Answers on a connection what reaches no route, be it no HTTP request at all; and ends it. */
export function refuseConnection(socket: Duplex, error: AppError, { observer, request }: { observer?: HttpObserver; request?: IncomingMessage } = {}): void {
  const requestId = randomUUID();
  const observation = observer?.start({ method: request?.method ?? '', path: request?.url ?? '', requestId, headers: request?.headers ?? {} });
  const problem = toProblem(error, { traceId: observation?.traceId, requestId });
  writeProblem(socket, error, problem, requestId);
  observation?.end({ status: problem.status, route: undefined, error });
  // what is still sent is passed over: unread, it would take the answer along
  socket.on('error', () => {}).resume();
  setTimeout(() => socket.destroy(), readWithinMs).unref();
}
