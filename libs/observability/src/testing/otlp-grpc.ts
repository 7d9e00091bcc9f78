import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { gunzipSync } from 'node:zlib';

const exportPath = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const headBytes = 5;

/**
 * Serves OTLP by gRPC, one unary method, with nothing but HTTP/2; `take` gets each request's bytes and the metadata of its call,
 * and may give a status other than OK, by its number.
 */
export function createOtlpGrpcServer(take: (request: Uint8Array, metadata: Readonly<Record<string, unknown>>) => number | void): Http2Server {
  return createServer().on('stream', (stream, headers) => {
    stream.on('error', () => {});
    void readAll(stream).then((frame) => {
      const isOurs = headers[':path'] === exportPath && headers['content-type'] === 'application/grpc';
      if (!isOurs) return stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
      // gRPC over HTTP/2, "Length-Prefixed-Message"
      const message = frame.subarray(headBytes, headBytes + frame.readUInt32BE(1));
      const status = take(frame[0] === 1 ? gunzipSync(message) : message, headers) ?? 0;
      if (status !== 0) return stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status) }, { endStream: true });
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(headBytes));
    });
  });
}

async function readAll(stream: ServerHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
