import type { IncomingMessage } from 'node:http';

/** Path and query of a request, as they came: nothing is decoded. */
export interface RequestTarget {
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

// Node passes over those beyond its own limit
const maxHeaders = 500;
// said twice, one of them may be what a server before us looked at and the other what we do
const singular: ReadonlySet<string> = new Set(['host', 'authorization', 'content-type', 'content-encoding']);

/** Takes a request target apart, in origin form or with scheme and host before it (RFC 9112 §3.2.1 and §3.2.2). */
export function toRequestTarget(url: string): RequestTarget {
  const origin = url.replace(/^https?:\/\/[^/?#]*/i, '');
  const cut = origin.indexOf('?');
  return cut === -1 ? { path: origin || '/', query: '' } : { path: origin.slice(0, cut) || '/', query: origin.slice(cut + 1) };
}

/** Whether two servers on the way could read the request differently (RFC 9112 §3.2, §6.1 and §11.2). */
export function isAmbiguous({ rawHeaders, headers, httpVersion }: IncomingMessage, url: string): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const isRepeated = names.some((name, index) => singular.has(name) && names.indexOf(name) !== index);
  const { host, 'transfer-encoding': coding } = headers;
  // RFC 9112 §3.2; a coding that a server before us undoes and we do not would be read as another body (§6.1)
  const isOdd =
    (host === undefined && httpVersion === '1.1') ||
    (host !== undefined && !/^[\w.\-:[\]%~!$&'()*+,;=]*$/.test(host)) ||
    (coding !== undefined && coding.toLowerCase() !== 'chunked');
  return isRepeated || isOdd || names.length > maxHeaders || (httpVersion === '1.0' && headers['transfer-encoding'] !== undefined) || url.includes('#');
}
