import { requestUnreadable } from '@gatehouse/contracts/api';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** How long calls may take, and which headers travel with them. */
export interface CallPolicy {
  /** How long a call may take whose caller does not say. Milliseconds. */
  readonly deadlineMs: number;
  /** The longest that a caller may ask for. Milliseconds. */
  readonly maxDeadlineMs: number;
  /** Request headers that become metadata, beside Authorization; in lower case. */
  readonly requestHeaders: readonly string[];
  /** Metadata that calls carry beside them, by the request that they are made for: what the server itself knows of its client. */
  readonly metadataOf?: (request: IncomingMessage) => Readonly<Record<string, string>>;
  /** Metadata of an answer that becomes headers; in lower case. */
  readonly responseHeaders: readonly string[];
}

// RFC 9110 §7.6.1, and what belongs to this message or this connection alone
const hopByHop: ReadonlySet<string> = new Set(
  'connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding upgrade host content-length content-type content-encoding accept accept-encoding user-agent traceparent tracestate baggage'.split(
    ' ',
  ),
);

/** @throws an Error that names each header which cannot travel */
export function requireForwardable(names: readonly string[]): void {
  const refused = names.filter(
    (name) => hopByHop.has(name) || !/^[a-z0-9._-]+$/.test(name) || name.startsWith('grpc-') || name.startsWith('gatehouse-') || name.endsWith('-bin'),
  );
  if (refused.length) throw new Error(`these headers cannot be passed on: ${refused.join(', ')}`);
}

/** The metadata of a call: the caller's authorization, languages and the listed headers, nothing else. */
export function toMetadata(headers: IncomingHttpHeaders, requestId: string, { requestHeaders }: Pick<CallPolicy, 'requestHeaders'>): Record<string, string> {
  const entries = ['authorization', 'accept-language', ...requestHeaders].flatMap((name) => {
    const value = headers[name];
    // gRPC carries no other characters, and nobody asked for these two to be carried
    if (value === undefined || (!requestHeaders.includes(name) && !/^[ -~]*$/.test(String(value)))) return [];
    return [[name, Array.isArray(value) ? value.join(', ') : value]];
  });
  return { ...Object.fromEntries(entries), 'x-request-id': requestId };
}

// gRPC over HTTP/2, "Timeout"
const grpcUnits: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 };

/**
 * How long the caller waits, by `Grpc-Timeout` (`250m`) or `X-Request-Timeout` (seconds, `2.5`), in milliseconds, bounded.
 * @throws requestUnreadable for one that is neither
 */
export function findTimeout(headers: IncomingHttpHeaders, { maxDeadlineMs }: Pick<CallPolicy, 'maxDeadlineMs'>): number | undefined {
  const asked: number[] = [];
  const { 'grpc-timeout': grpc, 'x-request-timeout': seconds } = headers;
  if (grpc !== undefined) {
    const [, count, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(String(grpc)) ?? [];
    if (count === undefined) throw unreadable('Grpc-Timeout', 'must be a number of at most 8 digits with a unit: H, M, S, m, u or n');
    asked.push(Number(count) * grpcUnits[unit]!);
  }
  if (seconds !== undefined) {
    if (!/^\d{1,8}(\.\d{1,6})?$/.test(String(seconds))) throw unreadable('X-Request-Timeout', 'must be a number of seconds');
    asked.push(Number(seconds) * 1_000);
  }
  return asked.length ? Math.min(...asked, maxDeadlineMs) : undefined;
}

/** The caller's own id of the request, if it is one that logs and metadata can hold; else a new one. */
export const toRequestId = (given: string | string[] | undefined, make: () => string): string =>
  typeof given === 'string' && /^[\w.:/-]{1,128}$/.test(given) ? given : make();

const unreadable = (header: string, description: string) => requestUnreadable({ violations: [{ field: header, description, reason: 'header.form' }] });
