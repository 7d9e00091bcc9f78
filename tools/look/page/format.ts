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

const seconds = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
const clock = new Intl.DateTimeFormat(undefined, seconds);
const fineClock = new Intl.DateTimeFormat(undefined, { ...seconds, fractionalSecondDigits: 3 });

/** Time of day, to the second. */
export const toClock = (ms: number) => clock.format(ms);

/** Time of day, to the millisecond. */
export const toFineClock = (ms: number) => fineClock.format(ms);

const order = ['gateway', 'auth', 'user'];

/** In the order in which a request meets the services; those not known come first. */
export const byPlace = (one: string, other: string) => order.indexOf(one) - order.indexOf(other);

/** A method without its package. */
export const toShortName = (name: string) => name.replace(/^(?:[a-z]\w*\.)+(?=[A-Z])/, '');
