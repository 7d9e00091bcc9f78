/** `850 µs`, `12.3 ms`, `1.25 s`. */
export function toDuration(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(2)} s`;
}

/** A percentile, as exactly as its histogram tells it. */
export function toPercentile(ms: number | null, finest: number): string {
  if (ms === null) return '–';
  return ms <= finest ? `≤ ${finest} ms` : toDuration(ms);
}

/** `0.3/s`, `12/s`; `–` for none. */
export const toRate = (rate: number) => (rate === 0 ? '–' : `${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`);

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hour12: false });
export const toTime = (ms: number) => clock.format(ms);

/** A method without its package. */
export const toShortName = (name: string) => name.replace(/^(?:[a-z]\w*\.)+(?=[A-Z])/, '');
