import { context, trace } from '@opentelemetry/api';
import { isAppError } from '@gatehouse/errors';
import type { Observability, ObservabilityOptions } from '@gatehouse/observability';
import { createLogger, format, transports } from 'winston';
import { createObservability as createSilent } from './silent';

export { createDurations, logLevels, telemetryConfig, toCauseChain, toTraceOptions } from '@gatehouse/observability';

/**
 * In the place of libs/observability: winston as it is mostly set up, with a line a request and the ids of the trace, which
 * the instrumentations that stock-telemetry.cjs loads have made, and which trace and measure all else.
 */
export function createObservability({ service }: Pick<ObservabilityOptions, 'service'>): Observability {
  const logger = createLogger({
    level: 'info',
    defaultMeta: { service },
    format: format.combine(format.timestamp(), format.errors({ stack: true }), format.json()),
    transports: [new transports.Console()],
  });
  const tell = (begin: number, fields: object) => {
    const { traceId: trace_id, spanId: span_id } = trace.getSpanContext(context.active()) ?? {};
    logger.info('call', { ...fields, trace_id, span_id, duration_ms: performance.now() - begin });
  };
  return {
    ...createSilent(),
    rpc: {
      server: [
        async (call, next) => {
          const begin = performance.now();
          const names = { 'rpc.method': call.method.path, request_id: call.requestId };
          try {
            const answer = await next();
            tell(begin, { ...names, 'rpc.status_code': 'OK' });
            return answer;
          } catch (error) {
            tell(begin, { ...names, 'rpc.status_code': isAppError(error) ? error.code : 'UNKNOWN' });
            throw error;
          }
        },
      ],
      client: [],
    },
    http: {
      start({ method, requestId }) {
        const begin = performance.now();
        return {
          run: (work) => work(),
          end: ({ status, route }) =>
            tell(begin, { 'http.request.method': method, 'http.route': route, 'http.response.status_code': status, request_id: requestId }),
        };
      },
    },
  };
}
