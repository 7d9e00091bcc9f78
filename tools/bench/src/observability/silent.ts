import type { Observability } from '@gatehouse/observability';
import { Registry } from 'prom-client';

export { createDurations, logLevels, telemetryConfig, toCauseChain, toTraceOptions } from '@gatehouse/observability';

/** In the place of libs/observability: observers that do nothing, so that nothing is traced, measured or logged of a request. */
export function createObservability(): Observability {
  const registry: Observability['registry'] = new Registry();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return {
    // what breaks is seen in the bench's own terminal
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: (...told) => console.error(...told) },
    logLevel: { read: () => ({ level: 'error', configured: 'error' }), set: () => {}, close: () => {} },
    registry,
    rpc: { server: [], client: [] },
    postgres: { query: (_statement, run) => run() },
    redis: { command: (_command, run) => run() },
    http: { start: () => ({ run: (work) => work(), end: () => {} }) },
    metrics: async () => ({ contentType: registry.contentType, body: await registry.metrics() }),
    close: async () => {},
  };
}
