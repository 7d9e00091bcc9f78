import type { IncomingHttpHeaders } from 'node:http';
import { type BlockList, isIP, type Socket } from 'node:net';

/** Where a request came from, before the proxies that are trusted. */
export interface ClientOrigin {
  readonly address: string;
  /** Whether it came over TLS all the way to the first thing that is ours. */
  readonly isSecure: boolean;
}

/** What is looked at of a request, of HTTP/1.1 or HTTP/2. */
export interface ArrivedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly socket: Pick<Socket, 'remoteAddress'> & { readonly encrypted?: boolean };
}

export interface ProxyTrust {
  /** Addresses of the proxies; without them nobody is believed. */
  proxies?: BlockList;
  /** The header that they write. */
  header: 'x-forwarded-for' | 'forwarded';
}

interface Hop {
  readonly address: string;
  readonly scheme?: string;
}

/** Reads who sent a request: the right-most address that is no trusted proxy's. What stands left of it anybody may have written. */
export function createClientReader({ proxies, header }: ProxyTrust): (request: ArrivedRequest) => ClientOrigin {
  const isTrusted = (address: string) => proxies !== undefined && isIP(address) !== 0 && proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return ({ headers, socket }) => {
    let client: Hop = { address: socket.remoteAddress ?? '', scheme: socket.encrypted ? 'https' : 'http' };
    if (!isTrusted(client.address)) return toOrigin(client);
    const hops = header === 'forwarded' ? readForwarded(headers.forwarded) : readForwardedFor(headers);
    for (const hop of hops.reverse()) {
      // a proxy that says what is no address ends what can be known
      if (!isIP(hop.address) || !isTrusted(client.address)) break;
      client = { address: hop.address, scheme: hop.scheme ?? client.scheme };
    }
    return toOrigin(client);
  };
}

const toOrigin = ({ address, scheme }: Hop): ClientOrigin => ({ address, isSecure: scheme === 'https' });

const toText = (value: string | string[] | undefined): string => (Array.isArray(value) ? value.join(',') : (value ?? ''));

function readForwardedFor(headers: IncomingHttpHeaders): Hop[] {
  const addresses = toText(headers['x-forwarded-for']).split(',').map(toAddress);
  const schemes = toText(headers['x-forwarded-proto'])
    .toLowerCase()
    .split(',')
    .map((scheme) => scheme.trim());
  // proxies either append to both headers or replace the scheme
  const schemeAt = (index: number) => (schemes.length === addresses.length ? schemes[index] : schemes.at(-1)) || undefined;
  return addresses.map((address, index) => ({ address, scheme: schemeAt(index) }));
}

// an element of Forwarded ends at a comma outside of quotes; a quote that is not closed hides nothing after it
const element = /(?:"(?:[^"\\]|\\.)*"|[^,])*/gy;
// one of `for=1.2.3.4`, `for="[2001:db8::1]:80"` (RFC 7239 §4)
const pair = /^\s*([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*))\s*$/;

/** One hop an element, so that what cannot be read hides nothing that a proxy added after it. */
function readForwarded(value: string | string[] | undefined): Hop[] {
  return splitElements(toText(value)).map((text) => {
    const parts: Record<string, string> = {};
    for (const each of text.split(';')) {
      const [, name = '', quoted, plain = ''] = pair.exec(each) ?? [];
      parts[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    }
    return { address: toAddress(parts['for'] ?? ''), scheme: parts['proto']?.toLowerCase() };
  });
}

function splitElements(text: string): string[] {
  const elements: string[] = [];
  element.lastIndex = 0;
  for (let begin = 0; begin <= text.length; begin = element.lastIndex + 1) {
    element.lastIndex = begin;
    const [found = ''] = element.exec(text) ?? [];
    element.lastIndex = begin + found.length;
    elements.push(found);
  }
  return elements;
}

/** Without port, brackets and zone. */
function toAddress(text: string): string {
  const trimmed = text.trim();
  const [, bracketed, plain] = /^\[([^\]]*)\](?::\d+)?$|^([^:]*):\d+$/.exec(trimmed) ?? [];
  return (bracketed ?? plain ?? trimmed).replace(/%.*$/, '');
}
