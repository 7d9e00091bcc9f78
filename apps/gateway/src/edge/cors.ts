import cors, { type FastifyCorsOptions, type FastifyCorsOptionsDelegateCallback } from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

export interface CorsSettings {
  /** Exact origins, or `*` among them. */
  origins: readonly string[];
  credentials: boolean;
  maxAgeSeconds: number;
  methods: readonly string[];
}

/** What a page may read beside the body. */
const exposedHeaders = [
  'Content-Language',
  'ETag',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Traceresponse',
  'WWW-Authenticate',
  'X-Request-Id',
];

// any other OPTIONS request asks what the route takes, and is answered by it
const isPreflight = ({ method, headers }: FastifyRequest) =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

/** Lets pages of other origins call (Fetch §3.2). To those of unknown origins no header says anything, and their preflight is an OPTIONS like any other. */
export function allowOrigins(http: FastifyInstance, { origins, credentials, maxAgeSeconds, methods }: CorsSettings): void {
  const isOpen = origins.includes('*');
  const toOptions = (request: FastifyRequest): FastifyCorsOptions => {
    const isKnown = isOpen || origins.includes(request.headers.origin ?? '');
    return {
      origin: isKnown && (isOpen ? '*' : [...origins]),
      credentials: credentials && !isOpen,
      maxAge: maxAgeSeconds,
      methods: [...methods],
      exposedHeaders,
      preflight: isPreflight(request),
    };
  };
  // the plugin brings a route for OPTIONS, which the app has: so it is called with one whose route stays as it is
  const app: FastifyInstance = Object.create(http, { options: { value: () => app } });
  const delegator: FastifyCorsOptionsDelegateCallback = (request, done) => done(null, toOptions(request));
  cors(app, { delegator }, (error) => {
    if (error) throw error;
  });
}
