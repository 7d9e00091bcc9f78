import { toErrorPage } from '@gatehouse/transcoding';
import { createHash } from 'node:crypto';
import { type ErrorPage, errorPages, readErrorPages, toRows } from './error-pages';
import type { ServedFile } from './serve-file';

const style =
  'body{max-width:44rem;margin:3rem auto;padding:0 1rem;font:16px/1.5 sans-serif}table{border-collapse:collapse;width:100%}td,th{border-top:1px solid #d1d5db;padding:.4rem .8rem .4rem 0;text-align:left;vertical-align:top}code{font-size:.95em}';
// nothing but its own style
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; base-uri 'none'; frame-ancestors 'none'`;

/** The page of each reason, and one that lists them. */
export function createErrorPageFiles(): Record<string, ServedFile> {
  const pages = readErrorPages();
  const toFile = (toHtml: () => string): ServedFile => ({
    type: 'text/html; charset=utf-8',
    headers: { 'content-security-policy': policy },
    read: async () => Buffer.from(toHtml()),
  });
  return {
    [errorPages]: toFile(() => toListHtml(pages)),
    ...Object.fromEntries(pages.map((page) => [toErrorPage(errorPages, page.declaration), toFile(() => toPageHtml(page))])),
  };
}

const toPageHtml = (page: ErrorPage): string =>
  toDocument(
    page.declaration.title,
    `<h1>${escape(page.declaration.title)}</h1>
<p>${escape(page.comment)}</p>
<table>${toRows(page)
      .map(([name, value]) => `<tr><th>${escape(name)}</th><td>${escape(value)}</td></tr>`)
      .join('\n')}</table>
<p><a href="${errorPages}">All errors</a> · <a href="/docs">API</a></p>`,
  );

const toListHtml = (pages: readonly ErrorPage[]): string =>
  toDocument(
    'Errors',
    `<h1>Errors</h1>
<p>Every error answer is a problem document (RFC 9457). Programs decide by <code>domain</code> and <code>reason</code>.</p>
<table><tr><th>Reason</th><th>Domain</th><th>HTTP</th><th>Meaning</th></tr>
${pages.map(({ declaration, httpStatus }) => `<tr><td><a href="${toErrorPage(errorPages, declaration)}"><code>${escape(declaration.reason)}</code></a></td><td>${escape(declaration.domain)}</td><td>${httpStatus}</td><td>${escape(declaration.message)}</td></tr>`).join('\n')}</table>`,
  );

const toDocument = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escape(title)}</title><link rel="icon" href="data:,"><style>${style}</style></head>
<body>
${body}
</body>
</html>
`;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
