import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { TraceFlags } from '@opentelemetry/api';
import type { Metrics } from './metrics';

const exportDelayMs = 1_000;
const maxBatch = 512;
const maxWaiting = 2_048;

/**
 * Sends ended spans in batches, off the path of any call. The SDK drops without telling, be it
 * that too many wait or that the collector fails: both are counted here. `timeoutMs` is what the exporter has for a batch.
 */
export function createSpanExport(
  otlp: SpanExporter,
  timeoutMs: number,
  { spansExported, spansDropped }: Pick<Metrics, 'spansExported' | 'spansDropped'>,
): SpanProcessor {
  // mirrors the queue of the batch processor, which takes spans here and gives them in `export`
  let waiting = 0;
  const exporter: SpanExporter = {
    export(batch: ReadableSpan[], done: (result: ExportResult) => void) {
      waiting -= batch.length;
      otlp.export(batch, (result) => {
        if (result.code === ExportResultCode.SUCCESS) spansExported.inc(batch.length);
        else spansDropped.inc({ reason: 'export_failed' }, batch.length);
        done(result);
      });
    },
    shutdown: () => otlp.shutdown(),
    forceFlush: async () => otlp.forceFlush?.(),
  };
  const batches = new BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: exportDelayMs,
    // later than the exporter's own, which tells what became of the batch
    exportTimeoutMillis: 2 * timeoutMs,
    maxExportBatchSize: maxBatch,
    maxQueueSize: maxWaiting,
  });
  let closed = false;
  return {
    onStart: () => {},
    onEnd(span) {
      if (!(span.spanContext().traceFlags & TraceFlags.SAMPLED)) return;
      if (closed) return spansDropped.inc({ reason: 'closed' });
      if (waiting >= maxWaiting) return spansDropped.inc({ reason: 'queue_full' });
      waiting++;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown() {
      closed = true;
      return batches.shutdown();
    },
  };
}
