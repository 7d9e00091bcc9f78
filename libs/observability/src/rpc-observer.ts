import { type Attributes, context, SpanKind, trace } from '@opentelemetry/api';
import { ATTR_RPC_METHOD, ATTR_RPC_STATUS_CODE, ATTR_RPC_SYSTEM_NAME, ATTR_SERVER_ADDRESS, ATTR_SERVER_PORT } from '@opentelemetry/semantic-conventions';
import { isAppError } from '@gatehouse/errors';
import type { RpcCall, RpcClientInterceptor, RpcInterceptor, RpcObserver } from '@gatehouse/rpc';
import { type Caller, logOutcome, toCallerFields, toMilliseconds } from './access-line';
import type { MetricsRegistry } from './exposition';
import { lazy } from './lazy';
import { emptyContext } from './light-context';
import type { Logger } from './logger';
import { addRpcClientMetrics, addRpcServerMetrics } from './metrics';
import { settle } from './settle';
import { readBaggage, readTraceContext, writeTraceContext } from './propagation';
import { addRetry, markFailed, type Spans, withSpan } from './tracing';

// a server's span is an error only where the server is to blame
const serverFaults: ReadonlySet<string> = new Set(['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS']);

const toCode = (error: unknown): string => (error === undefined ? 'OK' : isAppError(error) ? error.code : 'UNKNOWN');

export interface RpcObserverOptions {
  spans: Spans;
  registry: MetricsRegistry;
  logger: Logger;
  /** Who makes a call that is answered here; asked when it is over. */
  callerOf?: (call: RpcCall) => Caller;
}

/** Traces, measures and logs calls on both sides of the wire; a call that is retried below counts once, and its span tells of each failed attempt. */
export function createRpcObserver({ spans, registry, logger, callerOf }: RpcObserverOptions): RpcObserver {
  const nameCall = (path: string): Attributes => ({ [ATTR_RPC_SYSTEM_NAME]: 'grpc', [ATTR_RPC_METHOD]: path });

  const createServer = ({ calls, start, shed }: ReturnType<typeof addRpcServerMetrics>): RpcInterceptor => {
    const known = new Set<string>();
    return (call, next) => {
      const begin = performance.now();
      const { path } = call.method;
      const parent = readTraceContext(call.metadata, readBaggage(call.metadata, emptyContext));
      const span = spans.start(path, SpanKind.SERVER, parent, () => nameCall(path));
      const active = trace.setSpan(parent, span);
      const leave = start(path);
      // there before the first one, so that it is an increase
      if (!known.has(path)) {
        known.add(path);
        shed.inc({ rpc_method: path }, 0);
      }
      call.onShed = () => shed.inc({ rpc_method: path });
      const end = (error: unknown) => {
        const code = toCode(error);
        const duration = performance.now() - begin;
        leave();
        calls.observe([path, code], duration / 1000, active);
        const names = { [ATTR_RPC_METHOD]: path, [ATTR_RPC_STATUS_CODE]: code };
        const line = {
          ...names,
          duration_ms: toMilliseconds(duration),
          request_id: call.requestId,
          ...toCallerFields(callerOf?.(call)),
          confidential: call.confidential,
          context: active,
        };
        logOutcome(logger, line, isAppError(error) ? error : undefined);
        span.setAttribute(ATTR_RPC_STATUS_CODE, code);
        if (serverFaults.has(code)) markFailed(span, code);
        span.end();
      };
      return context.with(active, () => settle(next, end));
    };
  };
  const clientTrace: RpcClientInterceptor = (call, next) => {
    const parent = context.active();
    const send = () => {
      writeTraceContext(call.metadata);
      return next();
    };
    if (spans.isUnrecorded(parent)) return send();
    const span = spans.start(call.method.path, SpanKind.CLIENT, parent, () => ({ ...nameCall(call.method.path), ...findServerAttributes(call.target) }));
    let attempt = 0;
    call.onRetry = (error) => addRetry(span, ++attempt, { [ATTR_RPC_STATUS_CODE]: error.code });
    return withSpan(span, parent, send, (error) => {
      const code = toCode(error);
      span.setAttribute(ATTR_RPC_STATUS_CODE, code);
      // who cancels gets what they asked for
      if (error !== undefined && code !== 'CANCELLED') markFailed(span, code);
    });
  };
  const createClientMetrics =
    ({ calls, retries }: ReturnType<typeof addRpcClientMetrics>): RpcClientInterceptor =>
    (call, next) => {
      const begin = performance.now();
      const { onRetry } = call;
      const { path } = call.method;
      call.onRetry = (error) => {
        onRetry?.(error);
        retries.inc({ rpc_method: path, rpc_status_code: error.code });
      };
      return settle(next, (error) => calls.observe([path, toCode(error)], (performance.now() - begin) / 1000));
    };
  const served = lazy(() => addRpcServerMetrics(registry));
  const called = lazy(() => addRpcClientMetrics(registry));
  return {
    get server() {
      return [createServer(served())];
    },
    get client() {
      return [clientTrace, createClientMetrics(called())];
    },
    openChannel: (channel) => called().addChannel(channel),
    onHandshakeFailure: ({ target, reason }) => logger.warn(`the TLS handshake with ${target} failed: ${reason}`),
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
