import { create, toBinary, toJsonString } from '@bufbuild/protobuf';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Span } from './answers';
import { ExportTraceServiceResponseSchema } from './gen/opentelemetry/proto/collector/trace/v1/trace_service_pb';
import { decodeSpans, type Encoding } from './otlp';
import { StatusSchema } from './gen/google/rpc/status_pb';

/** Where OTLP/HTTP sends traces to, below its base URL. */
export const tracesPath = '/v1/traces';

const maxBodyBytes = 4 << 20;
// google.rpc.Code
const invalidArgument = 3;
const encodings: ReadonlySet<string> = new Set<Encoding>(['application/x-protobuf', 'application/json']);

/** Why an export is not taken. */
class Refusal extends Error {
  constructor(
    readonly status: 400 | 413 | 415,
    message: string,
  ) {
    super(message);
  }
}

/** Takes one export of traces (OTLP/HTTP, both encodings, plain or gzip) of at most 4 MiB, and answers it. */
export async function receiveSpans(request: IncomingMessage, response: ServerResponse, take: (spans: readonly Span[]) => void): Promise<void> {
  const type = request.headers['content-type']?.split(';')[0]!.trim().toLowerCase() ?? '';
  const encoding = encodings.has(type) ? (type as Encoding) : undefined;
  try {
    // a web page can send neither type without asking first, and it is not let
    if (!encoding) throw new Refusal(415, 'the content type must be application/x-protobuf or application/json');
    const { spans, rejected } = decode(await readBody(request), encoding);
    take(spans);
    const partialSuccess = rejected ? { rejectedSpans: BigInt(rejected), errorMessage: 'spans without a valid id' } : undefined;
    const answer = create(ExportTraceServiceResponseSchema, { partialSuccess });
    const isJson = encoding === 'application/json';
    response
      .writeHead(200, { 'content-type': encoding })
      .end(isJson ? toJsonString(ExportTraceServiceResponseSchema, answer) : toBinary(ExportTraceServiceResponseSchema, answer));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const status = create(StatusSchema, { code: invalidArgument, message: error.message });
    const body = encoding === 'application/x-protobuf' ? toBinary(StatusSchema, status) : toJsonString(StatusSchema, status);
    response.writeHead(error.status, { 'content-type': encoding ?? 'application/json' }).end(body);
  }
}

function decode(body: Uint8Array, encoding: Encoding) {
  try {
    return decodeSpans(body, encoding);
  } catch {
    throw new Refusal(400, 'the body is no ExportTraceServiceRequest');
  }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const tooLarge = () => new Refusal(413, `the body has more than ${maxBodyBytes} bytes`);
  const chunks: Buffer[] = [];
  let size = 0;
  // not destroyed when it is too large: its sender is to read the answer
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  const coding = request.headers['content-encoding'] ?? 'identity';
  if (coding === 'identity') return body;
  if (coding !== 'gzip') throw new Refusal(415, 'the content encoding must be gzip, or none');
  return promisify(gunzip)(body, { maxOutputLength: maxBodyBytes }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge() : new Refusal(400, 'the body is no gzip');
  });
}
