import { readJson, request, toConnectionError } from './request.mts';
import { ConnectionLost, type Problem, ServerError } from './server-error.mts';

/** A line of the answer. */
interface Frame<Result> {
  readonly result?: Result;
  readonly error?: Problem;
}

// nothing is heard for so long of a call that is none any more. Milliseconds.
const silentAfterMs = 75_000;

/**
 * What a method with many answers gives, one after the other.
 * @throws ConnectionLost for an answer that is cut off, ServerError for one that ends in an error
 */
export async function* readResults<Result>(url: string, token: string, signal: AbortSignal): AsyncGenerator<Result> {
  for await (const { result, error } of readFrames<Result>(url, token, signal)) {
    if (error) throw new ServerError(error);
    if (result) yield result;
  }
}

async function* readFrames<Result>(url: string, token: string, signal: AbortSignal): AsyncGenerator<Frame<Result>> {
  const silence = new AbortController();
  const response = await request(url, { token, accept: 'application/x-ndjson', signal: AbortSignal.any([signal, silence.signal]) });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const read = async () => {
    const timer = setTimeout(() => silence.abort(new ConnectionLost(`nothing was heard for ${silentAfterMs / 1_000} s`)), silentAfterMs);
    try {
      return await reader.read();
    } catch (cause) {
      signal.throwIfAborted();
      throw toConnectionError(cause, new URL(url).origin);
    } finally {
      clearTimeout(timer);
    }
  };
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await read();
      if (done) break;
      const lines = (rest + value).split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line) yield readJson<Frame<Result>>(line);
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
  if (rest) throw new ConnectionLost('the answer was cut off');
}
