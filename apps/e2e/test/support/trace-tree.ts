import type { CollectedSpan, TestCollector } from '@gatehouse/observability/testing';
import { until } from './service-process';

/** `service kind name` of each span that hangs on the first of a trace, indented under what it was part of. */
export function toTree(spans: readonly CollectedSpan[]): string[] {
  const walk = (parent: string | undefined, depth: number): string[] =>
    spans
      .filter(({ parentSpanId }) => parentSpanId === parent)
      .flatMap((span) => [`${'  '.repeat(depth)}${span.serviceName} ${span.kind.toLowerCase()} ${span.name}`, ...walk(span.spanId, depth + 1)]);
  return walk(undefined, 0);
}

/** The trace that an answer names. @throws when it names none */
export function traceIdOf(headers: Headers): string {
  const [, traceId] = /^00-([0-9a-f]{32})-[0-9a-f]{16}-0[0-3]$/.exec(headers.get('traceresponse') ?? '') ?? [];
  if (!traceId) throw new Error('the answer names no trace');
  return traceId;
}

/** The trees of traces, of the spans that count, as soon as each has `size` of them, all in its tree; or as they are after 15 s. */
export async function waitForTrees(
  { spans }: TestCollector,
  traceIds: readonly string[],
  size: number,
  counts: (span: CollectedSpan) => boolean = () => true,
): Promise<string[][]> {
  const read = () => {
    const found = new Map<string, CollectedSpan[]>(traceIds.map((traceId) => [traceId, []]));
    for (const span of spans) if (counts(span)) found.get(span.traceId)?.push(span);
    return [...found.values()];
  };
  await until('every trace is complete', () => read().every(({ length }) => length >= size), 15_000).catch(() => {});
  // a span that hangs on nothing would be missing in the tree, and one too many in the trace
  return read().map((trace) => (toTree(trace).length === trace.length ? toTree(trace) : [...toTree(trace), `${trace.length} spans in all`]));
}
