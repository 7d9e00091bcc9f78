import { internal, mediaTypeUnsupported, requestUnreadable } from '@gatehouse/contracts/api';
import { AppError, type ErrorDeclaration, toHttpStatus } from '@gatehouse/errors';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Exchange } from './exchange';
import { toOAuthError } from './oauth-error';
import { type Problem, toProblem, toProblemHeaders } from './problem';

export interface RefusalsOptions {
  /** Every error that the contracts declare. */
  errors: readonly ErrorDeclaration[];
  errorPages: string | undefined;
  /** Whether errors of what is asked for have the shape of OAuth. */
  isOAuth: (method: string, exchange: Pick<Exchange, 'found' | 'target'>) => boolean;
}

export interface Refusals {
  /** What was thrown while a request was answered, as its caller sees it; the exchange keeps it. */
  toSeen(exchange: Exchange, thrown: unknown): { error: AppError; problem: Problem };
  /** Answers with what was thrown, also before it was looked up what is asked for. */
  refuse(request: FastifyRequest, reply: FastifyReply, exchange: Exchange, thrown: unknown): FastifyReply;
}

// RFC 6749 §5.1, for caches of HTTP/1.0
export const oauthHeaders = { pragma: 'no-cache' };

export function createRefusals({ errors, errorPages, isOAuth }: RefusalsOptions): Refusals {
  const declarations = new Map(errors.map((error) => [`${error.domain}/${error.reason}`, error]));
  const toSeen: Refusals['toSeen'] = (exchange, thrown) => {
    const error = toAppError(thrown);
    exchange.error = error;
    const { requestId, observation, headers, target } = exchange;
    const problem = toProblem(error, {
      requestId,
      traceId: observation?.traceId,
      status: statusOf(exchange, error),
      path: target.path,
      acceptLanguage: headers['accept-language'],
      declaration: declarations.get(`${error.domain}/${error.reason}`),
      errorPages,
    });
    return { error, problem };
  };
  return {
    toSeen,
    refuse(request, reply, exchange, thrown) {
      const { error, problem } = toSeen(exchange, thrown);
      reply.header('vary', [reply.getHeader('vary'), 'Accept-Language'].filter(Boolean).join(', '));
      // what is left of the body is not waited for
      if (error.reason === 'REQUEST_TOO_LARGE' && request.raw.httpVersionMajor === 1) reply.header('connection', 'close');
      const isForOAuth = isOAuth(request.method, exchange);
      const { status, body } = isForOAuth ? toOAuthError(error) : { status: problem.status, body: problem };
      return reply
        .code(status)
        .headers({ ...toProblemHeaders(error, problem), ...(isForOAuth && { ...oauthHeaders, 'content-type': 'application/json' }) })
        .send(Buffer.from(JSON.stringify(body)));
    },
  };
}

/** A precondition that failed is 412 where the caller gave it as one (RFC 9110 §15.5.13, AIP-154); what the platform aborts may simply be tried again. */
function statusOf({ headers }: Exchange, error: AppError): number {
  const isPrecondition = error.code === 'ABORTED' && error.domain !== 'gatehouse' && error.httpStatus === undefined && headers['if-match'] !== undefined;
  return isPrecondition ? 412 : toHttpStatus(error);
}

function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { statusCode } = (error ?? {}) as Partial<FastifyError>;
  if (statusCode === 415) return mediaTypeUnsupported();
  if (statusCode !== undefined && statusCode < 500) return requestUnreadable({ cause: error });
  return internal({ cause: error });
}
