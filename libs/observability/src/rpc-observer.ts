import { context, ROOT_CONTEXT, SpanKind, type Tracer } from '@opentelemetry/api';
import { ATTR_RPC_METHOD, ATTR_RPC_STATUS_CODE, ATTR_RPC_SYSTEM_NAME } from '@opentelemetry/semantic-conventions';
import { isAppError } from '@gatehouse/errors';
import type { RpcCall, RpcClientInterceptor, RpcInterceptor, RpcObserver } from '@gatehouse/rpc';
import { type Caller, logOutcome, toCallerFields } from './access-line';
import type { Logger } from './logger';
import type { Metrics } from './metrics';
import { settle } from './settle';
import { markFailed, readTraceContext, withSpan, writeTraceContext } from './tracing';

// a server's span is an error only where the server is to blame
const serverFaults: ReadonlySet<string> = new Set(['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS']);

const toCode = (error: unknown): string => (error === undefined ? 'OK' : isAppError(error) ? error.code : 'UNKNOWN');

export interface RpcObserverOptions {
  tracer: Tracer;
  metrics: Metrics;
  logger: Logger;
  /** Who makes a call that is answered here; asked when it is over. */
  callerOf?: (call: RpcCall) => Caller;
}

/** Traces, measures and logs calls on both sides of the wire; a call that is retried below counts once, and its span tells of each failed attempt. */
export function createRpcObserver({ tracer, metrics, logger, callerOf }: RpcObserverOptions): RpcObserver {
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
  const serverMetrics: RpcInterceptor = (call, next) => {
    const end = metrics.rpcServer.startTimer({ rpc_method: call.method.path });
    metrics.rpcActive.inc();
    return settle(next, (error) => {
      metrics.rpcActive.dec();
      end({ rpc_status_code: toCode(error) });
    });
  };
  const accessLine: RpcInterceptor = (call, next) => {
    const begin = performance.now();
    const { requestId, method } = call;
    return settle(next, (error) => {
      const names = { [ATTR_RPC_METHOD]: method.path, [ATTR_RPC_STATUS_CODE]: toCode(error) };
      const line = { ...names, duration_ms: performance.now() - begin, request_id: requestId, ...toCallerFields(callerOf?.(call)), confidential: call.confidential };
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
  const clientMetrics: RpcClientInterceptor = (call, next) => {
    const end = metrics.rpcClient.startTimer({ rpc_method: call.method.path });
    return settle(next, (error) => end({ rpc_status_code: toCode(error) }));
  };
  return { server: [serverTrace, serverMetrics, accessLine], client: [clientTrace, clientMetrics] };
}
