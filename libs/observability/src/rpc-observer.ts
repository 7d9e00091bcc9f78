import { type Attributes, context, ROOT_CONTEXT, SpanKind, type Tracer } from '@opentelemetry/api';
import { ATTR_RPC_METHOD, ATTR_RPC_STATUS_CODE, ATTR_RPC_SYSTEM_NAME, ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT } from '@opentelemetry/semantic-conventions';
import { isAppError } from '@gatehouse/errors';
import type { RpcCall, RpcClientInterceptor, RpcInterceptor, RpcObserver } from '@gatehouse/rpc';
import { type Caller, logOutcome, toCallerFields } from './access-line';
import type { MetricsRegistry } from './exposition';
import { lazy } from './lazy';
import type { Logger } from './logger';
import { addRpcClientMetrics, addRpcServerMetrics } from './metrics';
import { settle } from './settle';
import { readBaggage, readTraceContext, writeTraceContext } from './propagation';
import { addRetry, markFailed, withSpan } from './tracing';

// a server's span is an error only where the server is to blame
const serverFaults: ReadonlySet<string> = new Set(['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS']);

const toCode = (error: unknown): string => (error === undefined ? 'OK' : isAppError(error) ? error.code : 'UNKNOWN');

export interface RpcObserverOptions {
  tracer: Tracer;
  registry: MetricsRegistry;
  logger: Logger;
  /** Who makes a call that is answered here; asked when it is over. */
  callerOf?: (call: RpcCall) => Caller;
}

/** Traces, measures and logs calls on both sides of the wire; a call that is retried below counts once, and its span tells of each failed attempt. */
export function createRpcObserver({ tracer, registry, logger, callerOf }: RpcObserverOptions): RpcObserver {
  const start = (kind: SpanKind, method: string, parent: ReturnType<typeof context.active>, more: Attributes = {}) =>
    tracer.startSpan(method, { kind, attributes: { [ATTR_RPC_SYSTEM_NAME]: 'grpc', [ATTR_RPC_METHOD]: method, ...more } }, parent);

  const serverTrace: RpcInterceptor = (call, next) => {
    const parent = readTraceContext(call.metadata, readBaggage(call.metadata, ROOT_CONTEXT));
    const span = start(SpanKind.SERVER, call.method.path, parent);
    return withSpan(span, parent, next, (error) => {
      const code = toCode(error);
      span.setAttribute(ATTR_RPC_STATUS_CODE, code);
      if (serverFaults.has(code)) markFailed(span, code);
    });
  };
  const createServerMetrics = ({ calls, active, shed }: ReturnType<typeof addRpcServerMetrics>): RpcInterceptor => {
    const known = new Set<string>();
    return (call, next) => {
      const { path } = call.method;
      const method = { rpc_method: path };
      const end = calls.startTimer(method);
      active.inc(method);
      // there before the first one, so that it is an increase
      if (!known.has(path)) {
        known.add(path);
        shed.inc(method, 0);
      }
      call.onShed = () => shed.inc(method);
      return settle(next, (error) => {
        active.dec(method);
        end({ rpc_status_code: toCode(error) });
      });
    };
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
    const span = start(SpanKind.CLIENT, call.method.path, parent, findServerAttributes(call.target));
    let attempt = 0;
    call.onRetry = (error) => addRetry(span, ++attempt, { [ATTR_RPC_STATUS_CODE]: error.code });
    const send = () => {
      writeTraceContext(call.metadata);
      return next();
    };
    return withSpan(span, parent, send, (error) => {
      const code = toCode(error);
      span.setAttribute(ATTR_RPC_STATUS_CODE, code);
      // who cancels gets what they asked for
      if (error !== undefined && code !== 'CANCELLED') markFailed(span, code);
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

// by target: there are as many as channels, and each is asked about at every call
const serverAttributes = new Map<string, Attributes>();

function findServerAttributes(target: string): Attributes {
  const found = serverAttributes.get(target) ?? toServerAttributes(target);
  serverAttributes.set(target, found);
  return found;
}

/** Where a gRPC target leads, as far as it says. */
function toServerAttributes(target: string): Attributes {
  const [, host, port] = /^(?:\w+:(?:\/\/\/)?)?(.+):(\d+)$/.exec(target) ?? [];
  return host === undefined ? {} : { [ATTR_SERVER_ADDRESS]: host.replace(/^\[|\]$/g, ''), [ATTR_SERVER_PORT]: Number(port) };
}
