import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type CollectedSpan, toSpans } from './testing/otlp-json';

export type { CollectedSpan } from './testing/otlp-json';

/** A collector that keeps what it is sent. */
export interface TestCollector {
  /** Base URL, for OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** In the order in which they came. */
  readonly spans: readonly CollectedSpan[];
  /**
   * The spans that `isWanted` admits, as soon as there are at least `count` of them.
   * @throws an Error that lists what there is, when they have not come after `timeoutMs`.
   */
  waitForSpans(isWanted: (span: CollectedSpan) => boolean, count?: number, timeoutMs?: number): Promise<readonly CollectedSpan[]>;
  close(): Promise<void>;
}

/** Receives traces by OTLP/HTTP in JSON, the way the exporter sends them, on a free loopback port. */
export async function createTestCollector(): Promise<TestCollector> {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    const isTraces = request.method === 'POST' && request.url === '/v1/traces' && request.headers['content-type'] === 'application/json';
    if (!isTraces) return void request.resume().on('end', () => response.writeHead(404).end());
    readBody(request)
      .then((body) => spans.push(...toSpans(JSON.parse(body))))
      .then(
        () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
        () => response.writeHead(400).end(),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    async waitForSpans(isWanted, count = 1, timeoutMs = 10_000) {
      for (const end = Date.now() + timeoutMs; ; await pause(20)) {
        const found = spans.filter(isWanted);
        if (found.length >= count) return found;
        if (Date.now() > end) throw new Error(`${found.length} of ${count} spans after ${timeoutMs} ms; there are: ${spans.map(({ serviceName, name }) => `${serviceName} ${name}`).join(', ')}`);
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
