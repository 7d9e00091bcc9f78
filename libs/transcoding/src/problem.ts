import { type AppError, type ErrorDeclaration, localize, toHttpStatus } from '@gatehouse/errors';
import { STATUS_CODES } from 'node:http';
import { toDescription } from './oauth-error';
import type { Duplex } from 'node:stream';

const language = Symbol('language');

/** An error as an HTTP caller reads it (RFC 9457), with what a program needs to act on it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance?: string;
  code: string;
  reason: string;
  domain: string;
  violations?: AppError['violations'];
  metadata?: AppError['metadata'];
  traceId?: string;
  requestId: string;
  /** What the title and the detail are written in, where that is not English; a header, and no member. */
  [language]?: string;
}

// wrong credentials and dead refresh tokens are 401 too, and say nothing of a bearer token
const tokenReasons: ReadonlySet<string> = new Set(['TOKEN_INVALID', 'TOKEN_EXPIRED', 'TOKEN_REVOKED']);

export const problemType = 'application/problem+json';

/** What a problem tells of its request. */
export interface ProblemContext {
  readonly requestId: string;
  readonly traceId?: string;
  /** Where the error does not say it by itself. */
  readonly status?: number;
  /** Path of the request, as it came. */
  readonly path?: string;
  readonly acceptLanguage?: string;
  /** What the contract says of the error, where it came from elsewhere. */
  readonly declaration?: ErrorDeclaration;
  /** Where each declared reason has a page: `/docs/errors`. */
  readonly errorPages?: string;
}

// RFC 3986 §3.3; a path that is none, or longer than people write, identifies nothing
const uriPath = /^\/(?!\/)(?:[\w\-.~!$&'()*+,;=:@/]|%[\da-f]{2}){0,1023}$/i;

/** What of an error the outside may know. Where the contract declares it, its type is the page of its reason. */
export function toProblem(
  error: AppError,
  { requestId, traceId, status = toHttpStatus(error), path = '', acceptLanguage, errorPages, ...context }: ProblemContext,
): Problem {
  const declaration = error.declaration ?? context.declaration;
  const localized = localize(error, acceptLanguage, declaration);
  return {
    type: declaration && errorPages ? toErrorPage(errorPages, declaration) : 'about:blank',
    title: localized?.title ?? declaration?.title ?? toStatusText(status),
    status,
    detail: localized?.message ?? error.message,
    ...(uriPath.test(path) ? { instance: path } : {}),
    code: error.code,
    reason: error.reason,
    domain: error.domain,
    ...(error.violations.length ? { violations: error.violations } : {}),
    ...(Object.keys(error.metadata).length ? { metadata: error.metadata } : {}),
    ...(traceId ? { traceId } : {}),
    requestId,
    ...(localized ? { [language]: localized.locale } : {}),
  };
}

/** Where the page of a reason is. */
export const toErrorPage = (errorPages: string, { domain, reason }: Pick<ErrorDeclaration, 'domain' | 'reason'>): string => `${errorPages}/${domain}/${reason}`;

const toStatusText = (status: number): string => STATUS_CODES[status] ?? 'Client Closed Request';

// when to ask again for what cannot be reached and does not say when. Milliseconds.
const usualDelayMs = 1_000;

/** Headers that belong to the error: when to try again (RFC 9110 §10.2.3), how to authenticate (RFC 6750 §3), and its language. */
export function toProblemHeaders(error: AppError, problem: Pick<Problem, typeof language>): Record<string, string> {
  const challenge = toChallenge(error);
  const delayMs = error.retryDelayMs ?? (error.code === 'UNAVAILABLE' ? usualDelayMs : undefined);
  return {
    'content-type': problemType,
    ...(problem[language] ? { 'content-language': problem[language] } : {}),
    ...(delayMs === undefined ? {} : { 'retry-after': String(Math.ceil(delayMs / 1000)) }),
    ...(challenge ? { 'www-authenticate': challenge } : {}),
  };
}

/** The challenge of RFC 6750 §3: bare where there was no token, and with its error where there was one. */
function toChallenge(error: AppError): string | undefined {
  const { permission, acr, max_age: maxAge } = error.metadata;
  if (error.reason === 'STEP_UP_REQUIRED') return toStepUpChallenge(acr, maxAge);
  if (toHttpStatus(error) === 401)
    return tokenReasons.has(error.reason) ? `Bearer error="invalid_token", error_description="${toDescription(error.message)}"` : 'Bearer';
  return toHttpStatus(error) === 403 && isQuotable(permission) ? `Bearer error="insufficient_scope", scope="${permission}"` : undefined;
}

// the characters of a scope (RFC 6750 §3)
const isQuotable = (value: string | undefined): value is string => value !== undefined && /^[!#-[\]-~]+$/.test(value);

/** The challenge of RFC 9470 §3: which proof the person has to give, and how old it may be. */
const toStepUpChallenge = (acr: string | undefined, maxAge: string | undefined): string =>
  [
    'Bearer error="insufficient_user_authentication"',
    ...(isQuotable(acr) ? [`acr_values="${acr}"`] : []),
    ...(isQuotable(maxAge) ? [`max_age="${maxAge}"`] : []),
  ].join(', ');

// for the answer to be read, until the connection is broken off. Milliseconds.
const readWithinMs = 1_000;

/**
 * Answers on a bare socket, where no HTTP response can be had, and ends it. To HEAD there is no body; `traceresponse` is the
 * header of that name.
 */
export function writeProblem(
  socket: Duplex,
  error: AppError,
  problem: Problem,
  { method, traceresponse }: { method?: string; traceresponse?: string } = {},
): void {
  const body = JSON.stringify(problem);
  const head = {
    ...toProblemHeaders(error, problem),
    'x-request-id': problem.requestId,
    ...(traceresponse ? { traceresponse } : {}),
    vary: 'Accept-Language',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${toStatusText(problem.status)}\r\n${lines.join('')}\r\n${method === 'HEAD' ? '' : body}`);
  // what is still sent is passed over: unread, it would take the answer along
  socket.on('error', () => {}).resume();
  setTimeout(() => socket.destroy(), readWithinMs).unref();
}
