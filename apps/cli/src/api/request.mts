import { CommandError, exitCodes } from '../command-error.mts';
import { ConnectionLost, ServerError, toServerError } from './server-error.mts';

export interface RequestOptions {
  readonly token?: string;
  readonly accept?: string;
  /** Sent as JSON, by POST. */
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/** The innermost cause, which names the fault. */
function findCause(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length) return findCause(error.errors[0]);
  return error instanceof Error && error.cause !== undefined ? findCause(error.cause) : error;
}

/** What to do about a fault of TLS (OpenSSL's X509_V_ERR_*, and those of Node), which does not pass by waiting. */
function findTlsStep(code: string): string | undefined {
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code)) return 'where it is to be trusted, set NODE_EXTRA_CA_CERTS to the file of its authority';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'is --url right?';
  if (/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) return 'it needs another certificate, or one of the two clocks is wrong';
  return /^(ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)|EPROTO)$/.test(code) ? 'is --url one of http?' : undefined;
}

/** Says of a connection that failed by what: `connect ECONNREFUSED 127.0.0.1:8080`; of one that will not be made, what to do about it. */
export function toConnectionError(error: unknown, url: string): ConnectionLost | CommandError {
  const cause = findCause(error) as NodeJS.ErrnoException & { readonly reason?: string };
  // OpenSSL's own text is for its authors, and has lines
  const text = (cause.code?.startsWith('ERR_SSL_') ? cause.reason : cause.message) || cause.name || String(cause);
  const step = findTlsStep(cause.code ?? '');
  if (step) return new CommandError(`there is no safe connection to ${url}: ${text.trim()}; ${step}`, { exitCode: exitCodes.server, cause: error });
  return new ConnectionLost(text, { cause: error });
}

/**
 * Asks the API, and gives an answer that is a success. A redirect is none: what is sent is for the server that was named alone.
 * @throws ServerError for any other answer, ConnectionLost where there is none, CommandError where there will be none
 */
export async function request(url: string, { token, accept = 'application/json', body, signal }: RequestOptions): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: body ? 'POST' : 'GET',
      headers: { accept, ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
      redirect: 'manual',
      signal,
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw toConnectionError(cause, new URL(url).origin);
  }
  if (response.ok) return response;
  throw toServerError(response.status, await response.text().catch(() => ''), response.headers.get('retry-after'));
}

/** Reads JSON that the API sent. @throws ServerError for what is none: another server sent it */
export function readJson<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new ServerError({ status: 200, detail: 'the answer is no JSON' }, { cause });
  }
}
