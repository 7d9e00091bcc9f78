import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import page from './docs-page.html';
import type { ServedFile } from './serve-file';

/** The page that shows the OpenAPI document, and the files of Swagger UI that it is made of. Nothing comes from elsewhere. */
export function createDocsFiles(): Record<string, ServedFile> {
  return {
    '/docs': { type: 'text/html; charset=utf-8', headers: { ...pageHeaders, 'content-security-policy': toPolicy(page) }, read: async () => Buffer.from(page) },
    '/docs/swagger-ui.css': { type: 'text/css; charset=utf-8', read: () => readFile(require.resolve('swagger-ui-dist/swagger-ui.css')) },
    '/docs/swagger-ui-bundle.js': { type: 'text/javascript; charset=utf-8', read: () => readFile(require.resolve('swagger-ui-dist/swagger-ui-bundle.js')) },
  };
}

const pageHeaders = { 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY', 'cross-origin-opener-policy': 'same-origin' };

/** Nothing runs on the page but its own script and Swagger UI, and nothing is loaded from or sent to elsewhere. */
function toPolicy(html: string): string {
  const hashesOf = (tag: string) =>
    [...html.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))]
      .map(([, text]) => `'sha256-${createHash('sha256').update(text!).digest('base64')}'`)
      .join(' ');
  return [
    "default-src 'none'",
    `script-src 'self' ${hashesOf('script')}`,
    `style-src 'self' ${hashesOf('style')}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
