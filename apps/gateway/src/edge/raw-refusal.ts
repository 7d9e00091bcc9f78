import type { AppError } from '@gatehouse/errors';
import { type HttpObserver, toProblem, writeProblem } from '@gatehouse/transcoding';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers on a connection what reaches no route, be it no HTTP request at all; and ends it. */
export function refuseConnection(socket: Duplex, error: AppError, { observer, request }: { observer?: HttpObserver; request?: IncomingMessage } = {}): void {
  const requestId = randomUUID();
  const observation = observer?.start({ method: request?.method ?? '', path: request?.url ?? '', requestId, headers: request?.headers ?? {} });
  const problem = toProblem(error, { traceId: observation?.traceId, requestId });
  writeProblem(socket, error, problem, requestId);
  observation?.end({ status: problem.status, route: undefined, error });
}
