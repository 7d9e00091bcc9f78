import { context, type Link, ROOT_CONTEXT, SpanKind, trace, type Tracer } from '@opentelemetry/api';
import { ATTR_HTTP_REQUEST_METHOD, ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_HTTP_ROUTE, ATTR_URL_SCHEME } from '@opentelemetry/semantic-conventions';
import type { HttpExchange, HttpObserver } from '@gatehouse/transcoding';
import { logOutcome } from './access-line';
import type { Logger } from './logger';
import type { Metrics } from './metrics';
import { markFailed, readTraceContext } from './tracing';

const knownMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);
const other = '_OTHER';

/** Traces, measures and logs HTTP requests. A request starts a trace of its own and links to the one its caller names. */
export function createHttpObserver({ tracer, metrics, logger }: { tracer: Tracer; metrics: Metrics; logger: Logger }): HttpObserver {
  return {
    start(exchange) {
      const method = knownMethods.has(exchange.method) ? exchange.method : other;
      const begin = performance.now();
      const attributes = { [ATTR_HTTP_REQUEST_METHOD]: method, [ATTR_URL_SCHEME]: 'http' };
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes, links: linkToCaller(exchange) }, ROOT_CONTEXT);
      const active = trace.setSpan(ROOT_CONTEXT, span);
      return {
        traceId: span.spanContext().traceId,
        run: (work) => context.with(active, work),
        end({ status, route, error }) {
          const duration = performance.now() - begin;
          if (route) span.updateName(`${method} ${route}`).setAttribute(ATTR_HTTP_ROUTE, route);
          span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
          if (status >= 500) markFailed(span, error?.reason ?? String(status));
          metrics.httpServer.observe({ http_request_method: method, http_route: route ?? other, http_response_status_code: String(status) }, duration / 1000);
          const line = { method, route: route ?? other, status, duration_ms: duration, request_id: exchange.requestId };
          context.with(active, () => logOutcome(logger, line, error));
          span.end();
        },
      };
    },
  };
}

function linkToCaller({ headers }: HttpExchange): Link[] {
  const { traceparent } = headers;
  if (typeof traceparent !== 'string') return [];
  const caller = trace.getSpanContext(readTraceContext(new Map([['traceparent', traceparent]]), ROOT_CONTEXT));
  return caller ? [{ context: caller }] : [];
}
