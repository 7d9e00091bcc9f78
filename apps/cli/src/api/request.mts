import { ConnectionLost, ServerError, toServerError } from './server-error.mts';

export interface RequestOptions {
  readonly token?: string;
  readonly accept?: string;
  /** Sent as JSON, by POST. */
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/** The innermost cause, which names the fault: `connect ECONNREFUSED 127.0.0.1:8080`. */
export function toCause(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length) return toCause(error.errors[0]);
  if (error instanceof Error) return error.cause === undefined ? error.message || error.name : toCause(error.cause);
  return String(error);
}

/**
 * Asks the API, and gives an answer that is a success. A redirect is none: what is sent is for the server that was named alone.
 * @throws ServerError for any other answer, ConnectionLost where there is none
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
    throw new ConnectionLost(toCause(cause), { cause });
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
