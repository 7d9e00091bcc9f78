import { type PersistOptions, persist } from '../api/persist.mts';
import { readJson, request, toConnectionError } from '../api/request.mts';
import { ConnectionLost, type Problem, ServerError } from '../api/server-error.mts';

/** A line of the answer. */
interface Frame {
  readonly result?: { readonly users: readonly object[]; readonly cursor: string };
  readonly error?: Problem;
}

export interface ExportOptions extends Omit<PersistOptions, 'position'> {
  readonly showDeleted: boolean;
  /** Takes people; the next ones are asked for when it has. */
  readonly onUsers: (users: readonly object[]) => Promise<void>;
}

// nothing is heard for so long of a call that is none any more. Milliseconds.
const silentAfterMs = 75_000;

/**
 * Reads everybody as of one moment, and goes on where a call was cut.
 * @throws CommandError where it cannot be done, and what onUsers throws
 */
export async function exportUsers({ showDeleted, onUsers, ...options }: ExportOptions): Promise<void> {
  let cursor = '';
  await persist({ ...options, position: () => cursor }, async (token) => {
    const query = new URLSearchParams({ ...(cursor ? { cursor } : {}), ...(showDeleted ? { showDeleted: 'true' } : {}) });
    for await (const { result, error } of readFrames(`${options.url}/v1/users:export?${query}`, token, options.signal)) {
      if (error) throw new ServerError(error);
      if (!result) continue;
      await onUsers(result.users);
      cursor = result.cursor || cursor;
    }
  });
}

/** The lines of an answer. @throws ConnectionLost for one that is cut off */
async function* readFrames(url: string, token: string, signal: AbortSignal): AsyncGenerator<Frame> {
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
      for (const line of lines) if (line) yield readJson<Frame>(line);
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
  if (rest) throw new ConnectionLost('the answer was cut off');
}
