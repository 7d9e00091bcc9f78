import { context, ROOT_CONTEXT, SpanKind, type Tracer } from '@opentelemetry/api';
import { ATTR_RPC_METHOD, ATTR_RPC_STATUS_CODE, ATTR_RPC_SYSTEM_NAME } from '@opentelemetry/semantic-conventions';
import { isAppError } from '@gatehouse/errors';
import type { RpcClientInterceptor, RpcInterceptor, RpcObserver } from '@gatehouse/rpc';
import { logOutcome } from './access-line';
import type { MetricsRegistry } from './exposition';
import { lazy } from './lazy';
import type { Logger } from './logger';
import { addRpcClientMetrics, addRpcServerMetrics } from './metrics';
import { settle } from './settle';
import { markFailed, readTraceContext, withSpan, writeTraceContext } from './tracing';

// a server's span is an error only where the server is to blame
const serverFaults: ReadonlySet<string> = new Set(['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS']);

const toCode = (error: unknown): string => (error === undefined ? 'OK' : isAppError(error) ? error.code : 'UNKNOWN');

/** Traces, measures and logs calls on both sides of the wire; a call that is retried below counts once, and its span tells of each failed attempt. */
export function createRpcObserver({ tracer, registry, logger }: { tracer: Tracer; registry: MetricsRegistry; logger: Logger }): RpcObserver {
  const start = (kind: SpanKind, method: string, parent: ReturnType<typeof context.active>) =>
    tracer.startSpan(method, { kind, attributes: { [ATTR_RPC_SYSTEM_NAME]: 'grpc', [ATTR_RPC_METHOD]: method } }, parent);

  const serverTrace: RpcInterceptor = (call, next) => {
    const parent = readTraceContext(call.metadata, ROOT_CONTEXT);
    const span = start(SpanKind.SERVER, call.method.path, parent);
    return withSpan(span, parent, next, (error) => {
      const code = toCode(error);
      span.setAttribute(ATTR_RPC_STATUS_CODE, code);
      if (serverFaults.has(code)) markFailed(span, code);
    });
  };
  const createServerMetrics = ({ calls, active, shed }: ReturnType<typeof addRpcServerMetrics>): RpcInterceptor => (call, next) => {
    const method = { rpc_method: call.method.path };
    const end = calls.startTimer(method);
    active.inc(method);
    // there before the first one, so that it is an increase
    shed.inc(method, 0);
    call.onShed = () => shed.inc(method);
    return settle(next, (error) => {
      active.dec(method);
      end({ rpc_status_code: toCode(error) });
    });
  };
  const accessLine: RpcInterceptor = (call, next) => {
    const begin = performance.now();
    const { requestId, method } = call;
    return settle(next, (error) => {
      const line = { method: method.path, code: toCode(error), duration_ms: performance.now() - begin, request_id: requestId };
      logOutcome(logger, line, isAppError(error) ? error : undefined);
    });
  };
  const clientTrace: RpcClientInterceptor = (call, next) => {
    const parent = context.active();
    const span = start(SpanKind.CLIENT, call.method.path, parent);
    call.onRetry = (error) => span.addEvent('retry', { [ATTR_RPC_STATUS_CODE]: error.code });
    const send = () => {
      writeTraceContext(call.metadata);
      return next();
    };
    return withSpan(span, parent, send, (error) => {
      const code = toCode(error);
      span.setAttribute(ATTR_RPC_STATUS_CODE, code);
      if (error !== undefined) markFailed(span, code);
    });
  };
  const createClientMetrics = ({ calls, retries }: ReturnType<typeof addRpcClientMetrics>): RpcClientInterceptor => (call, next) => {
    const { onRetry } = call;
    const rpc_method = call.method.path;
    call.onRetry = (error) => {
      onRetry?.(error);
      retries.inc({ rpc_method, rpc_status_code: error.code });
    };
    const end = calls.startTimer({ rpc_method });
    return settle(next, (error) => end({ rpc_status_code: toCode(error) }));
  };
  const served = lazy(() => addRpcServerMetrics(registry));
  const called = lazy(() => addRpcClientMetrics(registry));
  return {
    get server() {
      return [serverTrace, createServerMetrics(served()), accessLine];
    },
    get client() {
      return [clientTrace, createClientMetrics(called())];
    },
    openChannel: (channel) => called().addChannel(channel),
  };
}
