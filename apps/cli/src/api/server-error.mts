/** What a problem document (RFC 9457) of the gateway says that a command acts on. */
export interface Problem {
  readonly status: number;
  readonly code?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly violations?: readonly Violation[];
}

/** What is wrong with a field. */
export interface Violation {
  readonly field: string;
  readonly description: string;
  readonly reason?: string;
}

/** What the server answered in place of what it was asked for. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly problem: Problem;
  /** When to ask again, in milliseconds, where it said so. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, { retryAfterMs, cause }: { retryAfterMs?: number; cause?: unknown } = {}) {
    const fields = (problem.violations ?? []).map(({ field, description }) => `; ${field} ${description}`).join('');
    super(`${problem.detail ?? `the answer was HTTP ${problem.status}`}${problem.reason ? ` (${problem.reason})` : ''}${fields}`, { cause });
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The connection was cut, or there was none to be had. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** An answer that is no success, as an error; one that no gateway wrote has no more than its status. */
export function toServerError(status: number, body: string, retryAfter: string | null | undefined): ServerError {
  const seconds = Number(retryAfter || NaN);
  let problem: Problem = { status };
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json === 'object' && json !== null && 'code' in json) problem = { ...(json as Problem), status };
  } catch {
    // a proxy's page
  }
  return new ServerError(problem, Number.isFinite(seconds) ? { retryAfterMs: seconds * 1_000 } : {});
}

const passingCodes = new Set(['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED', 'ABORTED', 'INTERNAL', 'UNKNOWN', 'CANCELLED']);
const passingStatuses = new Set([408, 425, 429, 499, 500, 502, 503, 504]);

/** Whether it may go well a moment later. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ConnectionLost ||
  (error instanceof ServerError && (error.problem.code ? passingCodes.has(error.problem.code) : passingStatuses.has(error.problem.status)));

/** Whether the access token is no more, or never was, one that the server takes. */
export const isUnauthenticated = (error: unknown): boolean =>
  error instanceof ServerError &&
  // that token is taken, and so would be a refreshed one: it is the login that is too old
  error.problem.reason !== 'STEP_UP_REQUIRED' &&
  (error.problem.code === 'UNAUTHENTICATED' || (!error.problem.code && error.problem.status === 401));
