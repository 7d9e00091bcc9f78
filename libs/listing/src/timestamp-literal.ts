const form = /^(\d{4}-\d{2}-(\d{2})T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * A time of RFC 3339 in UTC, with microseconds; undefined where it is none, lies outside of the years 1 to 9999
 * (google.protobuf.Timestamp), or is finer than PostgreSQL's times are.
 */
export function toUtcTime(literal: string): string | undefined {
  const [, seconds = '', day, fraction = '', zone = ''] = form.exec(literal) ?? [];
  const time = new Date((seconds + zone).toUpperCase());
  if (Number.isNaN(time.getTime()) || /[^0]/.test(fraction.slice(6))) return undefined;
  // 30 February would be taken for 2 March
  if (new Date(`${seconds.slice(0, 10)}T00:00:00Z`).getUTCDate() !== Number(day)) return undefined;
  const utc = time.toISOString();
  return /^(?!0000)\d{4}-/.test(utc) ? `${utc.slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, '0')}Z` : undefined;
}
