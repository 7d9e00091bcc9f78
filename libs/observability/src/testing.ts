import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { createOtlpGrpcServer } from './testing/otlp-grpc';
import { type CollectedSpan, type OtlpRequest, toSpans } from './testing/otlp-json';
import { readOtlpProtobuf } from './testing/otlp-protobuf';

export type { CollectedSpan } from './testing/otlp-json';

/** A collector that keeps what it is sent. */
export interface TestCollector {
  /** Base URL, for OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** The same for OTEL_EXPORTER_OTLP_PROTOCOL=grpc. */
  readonly grpcUrl: string;
  /** Headers or metadata of each batch. */
  readonly headers: readonly Readonly<Record<string, unknown>>[];
  /** In the order in which they came. */
  readonly spans: readonly CollectedSpan[];
  /**
   * The spans that `isWanted` admits, as soon as there are at least `count` of them.
   * @throws an Error that lists what there is, when they have not come after `timeoutMs`.
   */
  waitForSpans(isWanted: (span: CollectedSpan) => boolean, count?: number, timeoutMs?: number): Promise<readonly CollectedSpan[]>;
  close(): Promise<void>;
}

/** Receives traces by OTLP over HTTP, in protobuf or JSON, and over gRPC, on free loopback ports. */
export async function createTestCollector(): Promise<TestCollector> {
  const spans: CollectedSpan[] = [];
  const batches: Readonly<Record<string, unknown>>[] = [];
  const server = createServer((request, response) => {
    const read = readers[request.headers['content-type'] ?? ''];
    if (request.method !== 'POST' || request.url !== '/v1/traces' || !read) return void request.resume().on('end', () => response.writeHead(404).end());
    readBody(request)
      .then((body) => {
        spans.push(...toSpans(read(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)));
        batches.push(request.headers);
      })
      .then(
        () =>
          response.writeHead(200, { 'content-type': request.headers['content-type'] }).end(request.headers['content-type'] === 'application/json' ? '{}' : ''),
        () => response.writeHead(400).end(),
      );
  });
  const grpc = createOtlpGrpcServer((request, metadata) => {
    spans.push(...toSpans(readOtlpProtobuf(request)));
    batches.push(metadata);
  });
  const sessions = new Set<{ destroy(): void }>();
  grpc.on('session', (session) => void sessions.add(session));
  for (const each of [server, grpc]) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
  const urlOf = (each: typeof server | typeof grpc) => `http://127.0.0.1:${(each.address() as AddressInfo).port}`;
  return {
    url: urlOf(server),
    grpcUrl: urlOf(grpc),
    headers: batches,
    spans,
    async waitForSpans(isWanted, count = 1, timeoutMs = 10_000) {
      for (const end = Date.now() + timeoutMs; ; await pause(20)) {
        const found = spans.filter(isWanted);
        if (found.length >= count) return found;
        if (Date.now() > end)
          throw new Error(
            `${found.length} of ${count} spans after ${timeoutMs} ms; there are: ${spans.map(({ serviceName, name }) => `${serviceName} ${name}`).join(', ')}`,
          );
      }
    },
    async close() {
      const closed = [server, grpc].map((each) => new Promise<void>((resolve) => each.close(() => resolve())));
      server.closeAllConnections();
      for (const session of sessions) session.destroy();
      await Promise.all(closed);
    },
  };
}

const readers: Readonly<Record<string, (body: Buffer) => OtlpRequest>> = {
  'application/x-protobuf': readOtlpProtobuf,
  'application/json': (body) => JSON.parse(body.toString('utf8')) as OtlpRequest,
};

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
