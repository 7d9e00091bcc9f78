import type { FastifyInstance } from 'fastify';
import type { ArrivedRequest, ClientOrigin } from './client-origin';

/**
 * What every answer tells a browser: it is data, to be shown and framed nowhere. By hand, as there are five of them: helmet's
 * others are about pages.
 */
const securityHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

// two years
const strictTransport = 'max-age=63072000; includeSubDomains';

/** Adds the headers to every answer, before anything else is decided. A route may say otherwise. */
export function addSecurityHeaders(
  http: FastifyInstance,
  { originOf, isShared }: { originOf: (request: ArrivedRequest) => ClientOrigin; isShared: boolean },
): void {
  // pages of the origins that CORS names are other sites
  const headers = { ...securityHeaders, 'cross-origin-resource-policy': isShared ? 'cross-origin' : 'same-origin' };
  http.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    // over HTTP it would be passed over (RFC 6797 §7.2)
    if (originOf(request.raw).isSecure) reply.header('strict-transport-security', strictTransport);
  });
}
