import { toCauseChain } from '@gatehouse/observability';

/** An error as stderr shows it where there is no logger: what a log line would tell of it, and no more, since errors carry rows and parameters. */
export function toReport(error: unknown): string {
  const texts = toCauseChain(error).map(({ type, message, code, stacktrace }) => {
    const head = [type, message && `: ${message}`, code !== undefined && ` (${code})`].filter(Boolean).join('');
    return [
      head,
      ...(stacktrace ?? '')
        .split('\n')
        .filter(Boolean)
        .map((frame) => `    ${frame}`),
    ].join('\n');
  });
  return texts.join('\ncaused by ');
}
