import { context, type Context, type Link, SpanKind, trace } from '@opentelemetry/api';
import {
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_URL_SCHEME,
} from '@opentelemetry/semantic-conventions';
import type { HttpExchange, HttpObserver } from '@gatehouse/transcoding';
import { logOutcome, toCallerFields, toMilliseconds } from './access-line';
import type { MetricsRegistry } from './exposition';
import { emptyContext } from './light-context';
import type { Logger } from './logger';
import { addHttpMetrics, other } from './metrics';
import { findTraceparent, readTraceContext } from './propagation';
import { markFailed, type Spans } from './tracing';

const knownMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);

export interface HttpObserverOptions {
  spans: Spans;
  registry: MetricsRegistry;
  logger: Logger;
  /** Whether a request belongs to the trace that its caller names; else it starts its own, with a link to that. */
  trustTraceparent: boolean;
}

/** Traces, measures and logs HTTP requests. The label and the span name are the route's template, never the path. */
export function createHttpObserver({ spans, registry, logger, trustTraceparent }: HttpObserverOptions): HttpObserver {
  const metrics = addHttpMetrics(registry);
  return {
    start(exchange) {
      const method = knownMethods.has(exchange.method) ? exchange.method : other;
      const begin = performance.now();
      const caller = readCaller(exchange);
      const parent = trustTraceparent ? caller : emptyContext;
      const links = trustTraceparent ? [] : toLinks(caller);
      const attributes = () => ({
        [ATTR_HTTP_REQUEST_METHOD]: method,
        ...(method === other && exchange.method ? { [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: exchange.method } : {}),
        [ATTR_URL_SCHEME]: exchange.scheme ?? 'http',
        ...(exchange.protocolVersion ? { [ATTR_NETWORK_PROTOCOL_VERSION]: exchange.protocolVersion } : {}),
      });
      // HTTP is what the conventions call a method they do not know
      const name = method === other ? 'HTTP' : method;
      const span = spans.start(name, SpanKind.SERVER, parent, attributes, links);
      const active = trace.setSpan(parent, span);
      const leave = metrics.start(method);
      return {
        traceId: span.spanContext().traceId,
        traceresponse: findTraceparent(active),
        run: (work) => context.with(active, work),
        shed: (reason) => metrics.shed.inc({ reason }),
        end({ status, route, error, caller, confidential }) {
          const duration = performance.now() - begin;
          if (route && span.isRecording()) span.updateName(`${name} ${route}`).setAttribute(ATTR_HTTP_ROUTE, route);
          span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
          if (status >= 500) markFailed(span, error?.reason ?? String(status));
          leave();
          metrics.requests.observe([method, route ?? other, String(status)], duration / 1000, active);
          const line = {
            [ATTR_HTTP_REQUEST_METHOD]: method,
            [ATTR_HTTP_ROUTE]: route ?? other,
            [ATTR_HTTP_RESPONSE_STATUS_CODE]: status,
            duration_ms: toMilliseconds(duration),
            request_id: exchange.requestId,
            ...toCallerFields(caller),
            confidential,
            context: active,
          };
          logOutcome(logger, line, error);
          span.end();
        },
      };
    },
  };
}

function readCaller({ headers }: HttpExchange): Context {
  // most come without
  if (headers['traceparent'] === undefined) return emptyContext;
  const texts = ['traceparent', 'tracestate'].map((name) => [name, headers[name]]);
  return readTraceContext(new Map(texts.filter((entry): entry is [string, string] => typeof entry[1] === 'string')), emptyContext);
}

function toLinks(caller: Context): Link[] {
  const named = trace.getSpanContext(caller);
  return named ? [{ context: named }] : [];
}
