export interface LogLine {
  readonly service: string;
  readonly text: string;
}

export interface LogLines {
  add(service: string, text: string): void;
  /** The lines that name a trace, in the order in which they were written. */
  of(traceId: string): readonly LogLine[];
  readonly held: { readonly lines: number; readonly bytes: number };
}

const longestLine = 16_384;

/** Holds the last lines of the services as they are, bounded by number and by bytes. */
export function createLogLines({ maxLines, maxBytes }: { maxLines: number; maxBytes: number }): LogLines {
  const lines: LogLine[] = [];
  let bytes = 0;
  return {
    add(service, text) {
      const line = { service, text: text.slice(0, longestLine) };
      lines.push(line);
      bytes += line.text.length;
      // a tenth at a time, since what is taken from the head of an array moves all that is behind it
      while (lines.length > maxLines || bytes > maxBytes) for (const { text: old } of lines.splice(0, Math.ceil(lines.length / 10))) bytes -= old.length;
    },
    // searched when somebody looks, so that writing costs nothing
    of: (traceId) => lines.filter(({ text }) => text.includes(traceId)),
    get held() {
      return { lines: lines.length, bytes };
    },
  };
}
