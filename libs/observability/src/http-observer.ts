import { context, type Context, type Link, ROOT_CONTEXT, SpanKind, trace, type Tracer } from '@opentelemetry/api';
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import type { HttpExchange, HttpObserver } from '@gatehouse/transcoding';
import { logOutcome, toCallerFields } from './access-line';
import type { MetricsRegistry } from './exposition';
import type { Logger } from './logger';
import { addHttpMetrics, other } from './metrics';
import { findTraceparent, readTraceContext } from './propagation';
import { markFailed } from './tracing';

const knownMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);

export interface HttpObserverOptions {
  tracer: Tracer;
  registry: MetricsRegistry;
  logger: Logger;
  /** Whether a request belongs to the trace that its caller names; else it starts its own, with a link to that. */
  trustTraceparent: boolean;
}

/** Traces, measures and logs HTTP requests. The label and the span name are the route's template, never the path. */
export function createHttpObserver({ tracer, registry, logger, trustTraceparent }: HttpObserverOptions): HttpObserver {
  const metrics = addHttpMetrics(registry);
  return {
    start(exchange) {
      const method = knownMethods.has(exchange.method) ? exchange.method : other;
      const begin = performance.now();
      const caller = readCaller(exchange);
      const parent = trustTraceparent ? caller : ROOT_CONTEXT;
      const links = trustTraceparent ? [] : toLinks(caller);
      const attributes = {
        [ATTR_HTTP_REQUEST_METHOD]: method,
        ...(method === other && exchange.method ? { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: exchange.method } : {}),
        [ATTR_URL_SCHEME]: exchange.scheme ?? 'http',
        ...(exchange.protocolVersion ? { [ATTR_NETWORK_PROTOCOL_VERSION]: exchange.protocolVersion } : {}),
      };
      // HTTP is what the conventions call a method they do not know
      const name = method === other ? 'HTTP' : method;
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes, links }, parent);
      const active = trace.setSpan(parent, span);
      metrics.active.inc({ http_request_method: method });
      return {
        traceId: span.spanContext().traceId,
        traceresponse: findTraceparent(active),
        run: (work) => context.with(active, work),
        shed: (reason) => metrics.shed.inc({ reason }),
        end({ status, route, error, caller, confidential }) {
          const duration = performance.now() - begin;
          if (route) span.updateName(`${name} ${route}`).setAttribute(ATTR_HTTP_ROUTE, route);
          span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
          if (status >= 500) markFailed(span, error?.reason ?? String(status));
          metrics.active.dec({ http_request_method: method });
          metrics.requests.observe({ http_request_method: method, http_route: route ?? other, http_response_status_code: String(status) }, duration / 1000, active);
          const line = { [ATTR_HTTP_REQUEST_METHOD]: method, [ATTR_HTTP_ROUTE]: route ?? other, [ATTR_HTTP_RESPONSE_STATUS_CODE]: status, duration_ms: duration, request_id: exchange.requestId, ...toCallerFields(caller), confidential };
          context.with(active, () => logOutcome(logger, line, error));
          span.end();
        },
      };
    },
  };
}

function readCaller({ headers }: HttpExchange): Context {
  // most come without
  if (headers['traceparent'] === undefined) return ROOT_CONTEXT;
  const texts = ['traceparent', 'tracestate'].map((name) => [name, headers[name]]);
  return readTraceContext(new Map(texts.filter((entry): entry is [string, string] => typeof entry[1] === 'string')), ROOT_CONTEXT);
}

function toLinks(caller: Context): Link[] {
  const named = trace.getSpanContext(caller);
  return named ? [{ context: named }] : [];
}
