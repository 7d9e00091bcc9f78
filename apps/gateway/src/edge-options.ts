import type { Config } from './config';
import type { EdgeOptions } from './edge/edge';
import type { ListenerOptions } from './edge/listener';

/** How the port listens, by the settings. */
export function toListenerOptions(config: Config): ListenerOptions {
  return {
    isHttp2: config.GATEWAY_HTTP2,
    maxUrlBytes: config.GATEWAY_MAX_URL_BYTES,
    maxHeaderBytes: config.GATEWAY_MAX_HEADER_BYTES,
    headersTimeoutMs: config.GATEWAY_HEADERS_TIMEOUT_MS,
    maxConnections: config.GATEWAY_MAX_CONNECTIONS,
    maxRequestsPerSocket: config.GATEWAY_MAX_REQUESTS_PER_SOCKET,
  };
}

/** What stands before the routes, by the settings. */
export function toEdgeOptions(config: Config, methods: readonly string[]): Pick<EdgeOptions, 'limits' | 'cors' | 'compression' | 'rateLimits'> {
  return {
    limits: {
      maxUrlBytes: config.GATEWAY_MAX_URL_BYTES,
      maxHeaderBytes: config.GATEWAY_MAX_HEADER_BYTES,
      maxHeaders: config.GATEWAY_MAX_HEADERS,
      requestTimeoutMs: config.GATEWAY_REQUEST_TIMEOUT_MS,
    },
    cors: config.CORS_ORIGINS && { origins: config.CORS_ORIGINS, credentials: config.CORS_CREDENTIALS, maxAgeSeconds: config.CORS_MAX_AGE_SECONDS, methods },
    compression: config.GATEWAY_COMPRESSION ? { minBytes: config.GATEWAY_COMPRESSION_MIN_BYTES } : undefined,
    rateLimits: config.RATE_LIMIT_ENABLED
      ? {
          windowMs: config.RATE_LIMIT_WINDOW_SECONDS * 1_000,
          clientPoints: config.RATE_LIMIT_CLIENT_POINTS,
          principalPoints: config.RATE_LIMIT_PRINCIPAL_POINTS,
          authPoints: config.RATE_LIMIT_AUTH_POINTS,
          redisUrl: config.RATE_LIMIT_REDIS_URL,
        }
      : undefined,
  };
}
