import type { AppError } from '@gatehouse/errors';
import type { Problem } from './problem';
import type { Rendered } from './render';

/** How a stream of responses looks in a media type. */
export interface Framing {
  readonly mediaType: string;
  toMessage(response: Rendered): string | Uint8Array;
  /** The last frame of a stream that failed; undefined where the format has none, and the connection is broken off. */
  toError?(error: AppError, problem: Problem): string;
  /** The last frame of a stream that ended well. */
  readonly end?: string;
  /** What says that the stream is alive though there is nothing to say. */
  readonly heartbeat?: string;
}

/** A line of JSON a message: `{"result": …}`, and as the last one of a stream that failed `{"error": problem}`. */
export const lines: Framing = {
  mediaType: 'application/x-ndjson',
  toMessage: ({ text }) => `{"result":${text}}\n`,
  toError: (_error, problem) => `${JSON.stringify({ error: problem })}\n`,
};

/**
 * Server-sent events (WHATWG HTML §9.2): a message each, with the id at which it can be taken up again; as the last one `end`,
 * or `problem`. A name of their own tells them from the `error` that an EventSource makes of a lost connection.
 */
export const toEvents = (cursorField: string | undefined): Framing => ({
  mediaType: 'text/event-stream',
  toMessage(response) {
    const id = cursorField === undefined ? undefined : response.read(cursorField);
    // an id with a line end could write events of its own
    return `${id === undefined || /[\r\n\0]/.test(id) ? '' : `id: ${id}\n`}data: ${response.text}\n\n`;
  },
  toError: ({ retryDelayMs }, problem) =>
    `${retryDelayMs === undefined ? '' : `retry: ${Math.ceil(retryDelayMs)}\n`}event: problem\ndata: ${JSON.stringify(problem)}\n\n`,
  end: 'event: end\ndata: {}\n\n',
  heartbeat: ':\n\n',
});

/** The bytes of google.api.HttpBody messages, one after the other. */
export const toBytes = (mediaType: string): Framing => ({ mediaType: mediaType || 'application/octet-stream', toMessage: ({ raw }) => raw!.data });

/** Whether the caller would rather have events than lines (RFC 9110 §12.5.1). */
export function prefersEvents(accept: string | undefined): boolean {
  const weights = new Map(
    (accept ?? '').split(',').map((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
      const q = parameters.find((parameter) => parameter.startsWith('q='));
      return [type, q === undefined ? 1 : Number(q.slice(2)) || 0];
    }),
  );
  const weigh = (...names: string[]) => names.map((name) => weights.get(name)).find((weight) => weight !== undefined) ?? 0;
  const [events, rows] = [weigh('text/event-stream'), Math.max(weigh('application/x-ndjson', 'application/*', '*/*'), weigh('application/json'))];
  return events > rows || (events > 0 && events === rows && !weights.has('application/x-ndjson') && !weights.has('application/json'));
}
