import { context, type Span, SpanKind, trace } from '@opentelemetry/api';
import { ATTR_DB_OPERATION_BATCH_SIZE, ATTR_DB_QUERY_SUMMARY } from '@opentelemetry/semantic-conventions';
import type { RowLoaderObserver } from '@gatehouse/postgres';
import { Counter } from 'prom-client';
import type { MetricsRegistry } from './exposition';
import { emptyContext } from './light-context';
import { isCancelled, toErrorType } from './sql-error';
import { markFailed, type Spans, withSpan } from './tracing';

/**
 * Measures and traces reads that share their statement. Each read has a span in its caller's trace, each batch one that the
 * statement is below of, and links lead from either to the other.
 */
export function createRowLoaderObservers({ spans, registry }: { spans: Spans; registry: MetricsRegistry }): (name: string) => RowLoaderObserver {
  const labelNames = ['db_operation_name'] as const;
  const registers = [registry];
  const allReads = new Counter({
    name: 'db_client_batched_reads_total',
    help: 'Reads of single rows that share their statement with others of the same time, by its name',
    labelNames,
    registers,
  });
  const allBatches = new Counter({
    name: 'db_client_batches_total',
    help: 'Statements that answered reads of single rows, by their name',
    labelNames,
    registers,
  });
  return (name) => {
    const [reads, batches] = [allReads.labels(name), allBatches.labels(name)];
    return {
      read(run) {
        reads.inc();
        const parent = context.active();
        if (!trace.getSpan(parent) || spans.isUnrecorded(parent)) return run(undefined);
        const span = spans.start(name, SpanKind.INTERNAL, parent, () => ({ [ATTR_DB_QUERY_SUMMARY]: name }));
        return withSpan(
          span,
          parent,
          () => run(span),
          (error) => {
            if (error !== undefined && !isCancelled(error)) markFailed(span, toErrorType(error));
          },
        );
      },
      batch(read, run) {
        batches.inc();
        const readers = read.filter((reader) => reader !== undefined) as Span[];
        if (!readers.length) return run();
        // In the trace of the first reader that is recorded, so that it is recorded as well.
        const parent = trace.setSpan(emptyContext, readers[0]!);
        const links = readers.map((reader) => ({ context: reader.spanContext() }));
        // one alone is no batch to the conventions
        const attributes = () => ({ [ATTR_DB_QUERY_SUMMARY]: name, ...(read.length > 1 ? { [ATTR_DB_OPERATION_BATCH_SIZE]: read.length } : {}) });
        const span = spans.start(`${name} batch`, SpanKind.INTERNAL, parent, attributes, links);
        for (const reader of readers) reader.addLink({ context: span.spanContext() });
        return withSpan(span, parent, run, () => {});
      },
    };
  };
}
