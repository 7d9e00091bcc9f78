import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { status as Code } from '@grpc/grpc-js';
import { AppError } from '@gatehouse/errors';
import { createServer, type OutgoingHttpHeaders, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createChannel, createClient, type RpcClient } from '../src';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  LocalizedMessageSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from '../src/gen/google/rpc/error_details_pb';
import { StatusSchema } from '../src/gen/google/rpc/status_pb';
import { caught, closeLater, pause } from './connect';
import { descriptorSet } from './gen/shelf/descriptor-set';
import { ShelfServiceDefinition } from './gen/shelf/errors';

let trailers: OutgoingHttpHeaders;
let isWithoutHeaders: boolean;
let client: RpcClient<ShelfServiceDefinition>;
beforeEach(async () => {
  isWithoutHeaders = false;
  const target = await serveTrailers();
  const channel = createChannel({ target, descriptorSets: [descriptorSet] });
  closeLater(() => channel.close());
  client = createClient(ShelfServiceDefinition, channel);
});

/** A peer that speaks HTTP/2 alone: each call gets a message and then the trailers, or the trailers in place of headers. */
async function serveTrailers(): Promise<string> {
  const server = createServer({ maxSendHeaderBlockLength: 1 << 20 });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream) => {
    // the client leaves as soon as it has read enough
    stream.on('error', () => {}).resume();
    const headers = { ':status': 200, 'content-type': 'application/grpc' };
    if (isWithoutHeaders) return stream.respond({ ...headers, ...trailers }, { endStream: true });
    stream.respond(headers, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end(Buffer.alloc(5));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeLater(() => {
    sessions.forEach((session) => session.destroy());
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const pack = <D extends DescMessage>(schema: D, init: MessageInitShape<D>) => anyPack(schema, create(schema, init));
const toStatus = (details: Any[]) => Buffer.from(toBinary(StatusSchema, create(StatusSchema, { code: Code.NOT_FOUND, message: 'said so', details })));
const toTrailers = (...details: (Buffer | string)[]): OutgoingHttpHeaders => ({
  'grpc-status': String(Code.NOT_FOUND),
  'grpc-message': 'said so',
  'grpc-status-details-bin': details.map((each) => (typeof each === 'string' ? each : each.toString('base64'))).join(','),
});

const info = pack(ErrorInfoSchema, { reason: 'BOOK_NOT_FOUND', domain: 'shelf.gatehouse', metadata: { id: '7' } });
const others = [
  pack(BadRequestSchema, { fieldViolations: [{ field: 'id', description: 'is none' }] }),
  pack(RetryInfoSchema, { retryDelay: { seconds: 2n } }),
  pack(ResourceInfoSchema, { resourceType: 'shelf.v1.Book', resourceName: '7' }),
  pack(PreconditionFailureSchema, { violations: [{ type: 'ETAG', subject: 'books/7', description: 'is stale' }] }),
  pack(QuotaFailureSchema, { violations: [{ subject: 'client', description: 'is spent' }] }),
  pack(LocalizedMessageSchema, { locale: 'de', message: 'gibt es nicht' }),
];
const noise = (any: Any): Any => ({ ...any, value: Uint8Array.of(0x0a, 0xff) });
const ours = {
  code: 'NOT_FOUND',
  reason: 'BOOK_NOT_FOUND',
  message: 'said so',
  metadata: { id: '7' },
  violations: [{ field: 'id', description: 'is none' }],
  retryDelayMs: 2_000,
  resource: { type: 'shelf.v1.Book', name: '7' },
  preconditions: [{ type: 'ETAG', subject: 'books/7', description: 'is stale' }],
  quotas: [{ subject: 'client', description: 'is spent' }],
  localized: { locale: 'de', message: 'gibt es nicht' },
};
const none = { violations: [], retryDelayMs: undefined, resource: undefined, preconditions: [], quotas: [], localized: undefined };
const defect = { code: 'INTERNAL', reason: 'INTERNAL', message: 'internal error', ...none };

async function* requests() {
  yield { id: '7' };
}
async function drain(responses: AsyncIterable<unknown>) {
  for await (const response of responses) void response;
}
describe.each<[string, () => Promise<unknown>]>([
  ['unary call', () => client.getBook({ id: '7' })],
  ['stream of responses', () => drain(client.watchBook({ id: '7' }))],
  ['stream of requests', () => client.addBooks(requests())],
  ['stream both ways', () => drain(client.swapBooks(requests()))],
])('of the details that a peer ends a %s with', (_name, call) => {
  const read = async (...details: (Buffer | string)[]) => {
    trailers = toTrailers(...details);
    return caught(call());
  };

  it('all are read, after a message or in place of headers', async () => {
    for (isWithoutHeaders of [false, true]) expect(await read(toStatus([info, ...others]))).toMatchObject(ours);
  });

  it('each that cannot be decoded is lost alone', async () => {
    for (const broken of others) {
      const lost = Object.entries(await read(toStatus([info, ...others.map((each) => (each === broken ? noise(each) : each))]))).filter(
        ([name]) => name in none,
      );
      const kept = lost.filter(([name, value]) => JSON.stringify(value) === JSON.stringify(ours[name as keyof typeof none]));
      expect(lost.length - kept.length).toBe(1);
    }
  });

  it('an ErrorInfo that is noise does not hide ours', async () => {
    expect(await read(toStatus([noise(info), info, ...others]))).toMatchObject(ours);
    expect(await read(toStatus([info, ...others, noise(info)]))).toMatchObject(ours);
  });

  it('the first of a kind counts, whatever is repeated', async () => {
    const repeated = [
      pack(ErrorInfoSchema, { reason: 'SHELF_LOCKED', domain: 'shelf.gatehouse' }),
      pack(BadRequestSchema, { fieldViolations: [{ field: 'other', description: 'is none' }] }),
      pack(RetryInfoSchema, { retryDelay: { seconds: 9n } }),
      pack(ResourceInfoSchema, { resourceType: 'other' }),
      pack(PreconditionFailureSchema, {}),
      pack(QuotaFailureSchema, {}),
      pack(LocalizedMessageSchema, { locale: 'fr' }),
    ];
    expect(await read(toStatus([info, ...others, ...repeated, ...others.map(noise)]))).toMatchObject(ours);
    expect(await read(toStatus([info, ...others.map(noise), ...others]))).toMatchObject(ours);
    expect(await read(toStatus([info, ...others]), toStatus(repeated))).toMatchObject(ours);
  });

  it('nothing is believed of what is cut off within one of them, wherever', async () => {
    const whole = toStatus([info, ...others]);
    const seen = new Map<string, number>();
    for (let length = 0; length < whole.length; length += 3) {
      const error = await read(whole.subarray(0, length));
      expect(error).toBeInstanceOf(AppError);
      expect(error).toMatchObject(error.reason === 'BOOK_NOT_FOUND' ? { code: 'NOT_FOUND', message: 'said so' } : defect);
      seen.set(error.reason, (seen.get(error.reason) ?? 0) + 1);
    }
    // a cut between two of them leaves those before it
    expect(seen.get('INTERNAL')).toBeGreaterThan(10 * (seen.get('BOOK_NOT_FOUND') ?? 0));
  });

  it('none is believed that is no google.rpc.Status, nor an Any, nor base64', async () => {
    const head = toStatus([]);
    const anys = [[0x1a, 0x02, 0xff, 0xff], [0x18, 0x05], [0x1a, 0x7f, 0x0a], [0x1a, 0x00], [0x1a, 0x04, 0x0a, 0x02, 0xff, 0xfe], [0x1b], [0x07]];
    for (const bytes of anys) expect(await read(Buffer.concat([head, Buffer.from(bytes)]))).toMatchObject(defect);
    for (const text of ['', '%%%', '=', 'a', '{"code":5}', ',,,']) expect(await read(text)).toMatchObject(defect);
  });

  it('more than 16 KiB are not looked at', async () => {
    const fill = (length: number) => toStatus([info, pack(ErrorInfoSchema, { domain: 'example.com', reason: 'x'.repeat(length) })]);
    expect(await read(fill(15_000))).toMatchObject({ reason: 'BOOK_NOT_FOUND' });
    expect(await read(fill(17_000))).toMatchObject(defect);
    expect(await read(fill(45_000))).toMatchObject(defect);
  });

  it('more than HTTP/2 lets through cost a connection, and the next one serves', async () => {
    expect(await read(toStatus([info, pack(ErrorInfoSchema, { reason: 'x'.repeat(100_000) })]))).toMatchObject({ code: 'UNAVAILABLE', reason: 'UNAVAILABLE' });
    const next = async (): Promise<AppError> => {
      const error = await read(toStatus([info, ...others]));
      return error.reason === 'UNAVAILABLE' ? pause(20).then(next) : error;
    };
    expect(await next()).toMatchObject(ours);
  });
});
