import type { AppError } from '@gatehouse/errors';
import { type HttpObserver, toProblem, writeProblem } from '@gatehouse/transcoding';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorPages } from '../error-pages';

interface Refusal {
  readonly observer?: HttpObserver;
  readonly request?: IncomingMessage;
  /** Where there is no request that says it. */
  readonly method?: string;
}

/** Answers on a connection what reaches no route, be it no HTTP request at all; and ends it. */
export function refuseConnection(socket: Duplex, error: AppError, { observer, request, method = request?.method }: Refusal = {}): void {
  const requestId = randomUUID();
  const observation = observer?.start({ method: request?.method ?? '', path: request?.url ?? '', requestId, headers: request?.headers ?? {} });
  const path = request?.url?.split('?')[0];
  const problem = toProblem(error, { traceId: observation?.traceId, requestId, path, acceptLanguage: request?.headers['accept-language'], errorPages });
  writeProblem(socket, error, problem, { method, traceresponse: observation?.traceresponse });
  observation?.end({ status: problem.status, route: undefined, error });
}
