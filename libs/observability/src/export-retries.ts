import { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace';

// OTLP/gRPC, "Failures": CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS
const retryable: ReadonlySet<unknown> = new Set([1, 4, 10, 11, 14, 15]);
const firstPauseMs = 500;
const growth = 1.5;
const jitter = 0.2;

/**
 * Sends a batch again while the collector may take it yet, until `timeoutMs` milliseconds are over. For the exporter by gRPC,
 * which sends a batch once; those by HTTP send again by themselves.
 */
export function withExportRetries(exporter: SpanExporter, timeoutMs: number): SpanExporter {
  return {
    export(batch, done) {
      const end = Date.now() + timeoutMs;
      const attempt = (pauseMs: number) =>
        exporter.export(batch, (result) => {
          const isOver = result.code === ExportResultCode.SUCCESS || !retryable.has((result.error as { code?: unknown } | undefined)?.code);
          // collectors that come back are not met by everybody at once
          const wait = pauseMs * (1 - jitter + 2 * jitter * Math.random());
          if (isOver || Date.now() + wait > end) done(result);
          else setTimeout(attempt, wait, pauseMs * growth);
        });
      attempt(firstPauseMs);
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
