import { context, type Context, createContextKey, type SpanContext, trace, TraceFlags } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { toBaggageToHandOn } from './baggage';
import { parseTraceState } from './trace-state';

/** Headers or metadata, keys in lower case. */
type Carrier = ReadonlyMap<string, string>;

// W3C Trace Context Level 2, §3.2.2.5.2: the trace id's last seven bytes are random, as those made here are
const randomFlag = 2;
// The SDK's spans keep the sampled flag alone.
const isRandomKey = createContextKey('the trace id is random');
const baggageKey = createContextKey('baggage');

/** `parent` with the trace that headers name (W3C Trace Context Level 2); `parent` as it is where they name none. */
export function readTraceContext(carrier: Carrier, parent: Context): Context {
  const traceparent = carrier.get('traceparent') ?? '';
  const caller = parseTraceParent(traceparent);
  if (!caller) return parent;
  const header = carrier.get('tracestate');
  const traceState = header ? parseTraceState(header) : undefined;
  const span: SpanContext = { ...caller, traceFlags: caller.traceFlags & TraceFlags.SAMPLED, isRemote: true, ...(traceState ? { traceState } : {}) };
  // of a version that is to come the sampled flag alone is known (§3.2.4)
  const isRandom = traceparent.trimStart().startsWith('00-') && (caller.traceFlags & randomFlag) !== 0;
  const read = trace.setSpanContext(parent, span);
  return isRandom ? read : read.setValue(isRandomKey, false);
}

/** `parent` with the baggage of metadata, to be handed on (W3C Baggage). Nothing of ours reads or writes any. */
export function readBaggage(carrier: Carrier, parent: Context): Context {
  const header = carrier.get('baggage');
  const baggage = header ? toBaggageToHandOn(header) : undefined;
  return baggage === undefined ? parent : parent.setValue(baggageKey, baggage);
}

/** The `traceparent` of a context's span; undefined without one. */
export function findTraceparent(of: Context): string | undefined {
  const span = trace.getSpanContext(of);
  if (!span) return undefined;
  const flags = (span.traceFlags & TraceFlags.SAMPLED) | (of.getValue(isRandomKey) === false ? 0 : randomFlag);
  return `00-${span.traceId}-${span.spanId}-0${flags.toString(16)}`;
}

/** Writes the active trace and its baggage into the metadata of a call. */
export function writeTraceContext(metadata: Map<string, string>): void {
  const active = context.active();
  const write = (name: string, value: unknown) => {
    if (typeof value === 'string' && value) metadata.set(name, value);
  };
  write('traceparent', findTraceparent(active));
  write('tracestate', trace.getSpanContext(active)?.traceState?.serialize());
  write('baggage', active.getValue(baggageKey));
}
