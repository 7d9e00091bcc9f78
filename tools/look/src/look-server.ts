import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Now, Span, TraceDetail } from './answers';
import type { Mailbox } from './mailbox';
import { receiveSpans, tracesPath } from './otlp-receiver';

export interface LookServerOptions {
  /** Folder of the built page. */
  readonly pageFolder: string;
  readonly take: (spans: readonly Span[]) => void;
  readonly now: (after: number, chart: string) => Now;
  readonly mailbox: Pick<Mailbox, 'list' | 'find'>;
  readonly findTrace: (traceId: string) => TraceDetail | undefined;
}

export interface LookServer {
  /** Listens on loopback; 0 takes a free port. Gives the port. */
  listen(port: number): Promise<number>;
  close(): Promise<void>;
}

const files: Readonly<Record<string, readonly [string, string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/look.js': ['look.js', 'text/javascript; charset=utf-8'],
  '/look.css': ['look.css', 'text/css; charset=utf-8'],
};
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};
// what a mail holds runs nothing, loads nothing, and is framed by the page alone
const mailHeaders = {
  ...headers,
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox",
  'x-frame-options': 'SAMEORIGIN',
  'content-type': 'text/html; charset=utf-8',
};
const loopback = '127.0.0.1';
const maxConnections = 64;

/** The page, what it reads, and the receiver of traces: for this machine alone, and for no other page in its browsers. */
export function createLookServer({ pageFolder, take, now, mailbox, findTrace }: LookServerOptions): LookServer {
  let hosts: ReadonlySet<string> = new Set();
  const json = (response: ServerResponse, body: object) =>
    response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(body));
  const refuse = (response: ServerResponse, status: number, text: string, more: Record<string, string> = {}) =>
    response.writeHead(status, { ...headers, ...more, 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    // a name that a stranger made point here would make their page one of ours (DNS rebinding)
    if (!hosts.has(request.headers.host ?? '')) return refuse(response, 421, `ask for it by its own address: http://${[...hosts][0]}`);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://look');
    if (isOfOtherPage(request, pathname, hosts)) return refuse(response, 403, 'other pages have no business here');
    const method = pathname === tracesPath ? 'POST' : 'GET';
    if (request.method !== method) return refuse(response, 405, `${method} alone`, { allow: method });
    if (pathname === tracesPath) return receiveSpans(request, response, take);
    const file = files[pathname];
    if (file) return response.writeHead(200, { ...headers, 'content-type': file[1] }).end(await readFile(`${pageFolder}/${file[0]}`));
    if (pathname === '/api/now') return json(response, now(Number(searchParams.get('after')) || 0, searchParams.get('chart') ?? ''));
    if (pathname === '/api/mails') return json(response, mailbox.list());
    const [, isData, mailId] = /^(\/api)?\/mails\/([0-9a-f-]{36})$/.exec(pathname) ?? [];
    const mail = mailId === undefined ? undefined : mailbox.find(mailId);
    if (mail && isData) return json(response, mail);
    // its links open beside the page
    if (mail) return response.writeHead(200, mailHeaders).end(mail.html.replace(/<head>/i, '$&<base target="_blank">'));
    const [, traceId] = /^\/api\/traces\/([0-9a-f]{32})$/.exec(pathname) ?? [];
    const trace = traceId === undefined ? undefined : findTrace(traceId);
    return trace ? json(response, trace) : refuse(response, 404, 'there is no such thing here');
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'that did not work');
    });
  });
  server.maxConnections = maxConnections;
  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject).listen(port, loopback, () => {
          const taken = (server.address() as AddressInfo).port;
          hosts = new Set([`${loopback}:${taken}`, `localhost:${taken}`]);
          resolve(taken);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Whether another page of the browser asks; it may only lead here. */
function isOfOtherPage(
  { headers: { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } }: IncomingMessage,
  pathname: string,
  hosts: ReadonlySet<string>,
): boolean {
  if (origin !== undefined && !hosts.has(origin.replace(/^http:\/\//, ''))) return true;
  if (site === undefined || site === 'same-origin' || site === 'none') return false;
  return !(pathname === '/' && mode === 'navigate');
}
