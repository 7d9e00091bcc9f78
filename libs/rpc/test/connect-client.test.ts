import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { type CallOptions, Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import type { AppError } from '@gatehouse/errors';
import { unavailable } from '@gatehouse/contracts/api';
import { caught } from './connect';
import { descriptorSet } from './gen/shelf/descriptor-set';
import { bookNotFound, shelfLocked } from './gen/shelf/errors';
import { serveShelf, toDetailedError } from './shelf';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  LocalizedMessageSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from '../src/gen/google/rpc/error_details_pb';

// another implementation of gRPC, which knows the contract and google.rpc, and nothing of ours
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet));
type Call = (request: unknown, options?: CallOptions) => Promise<unknown> & AsyncIterable<unknown>;
let error: AppError;
let shelf: Record<string, Call>;
beforeEach(async () => {
  const target = await serveShelf(() => {
    throw error;
  });
  shelf = createClient(registry.getService('shelf.v1.ShelfService')!, createGrpcTransport({ baseUrl: `http://${target}` })) as unknown as typeof shelf;
});

async function* requests(id: string) {
  yield { id };
}
async function drain(responses: AsyncIterable<unknown>) {
  for await (const response of responses) void response;
}
const kinds: readonly (readonly [string, (id: string, options?: CallOptions) => Promise<unknown>])[] = [
  ['unary call', (id, options) => shelf.getBook!({ id }, options)],
  ['stream of responses', (id, options) => drain(shelf.watchBook!({ id }, options))],
  ['stream of requests', (id, options) => shelf.addBooks!(requests(id), options)],
  ['stream both ways', (id, options) => drain(shelf.swapBooks!(requests(id), options))],
];
const details = {
  info: ErrorInfoSchema,
  badRequest: BadRequestSchema,
  retry: RetryInfoSchema,
  precondition: PreconditionFailureSchema,
  quota: QuotaFailureSchema,
  resource: ResourceInfoSchema,
  localized: LocalizedMessageSchema,
};
/** What the client makes of a failed call: each detail as often as it came. */
const read = async (call: Promise<unknown>) => {
  const failure = await caught<ConnectError>(call);
  expect(failure).toBeInstanceOf(ConnectError);
  expect(
    Buffer.concat(failure.details.map((detail) => ('value' in detail && detail.value instanceof Uint8Array ? detail.value : new Uint8Array()))).includes(
      'a secret',
    ),
  ).toBe(false);
  const found = Object.entries(details).map(([name, schema]) => [name, failure.findDetails(schema as typeof ErrorInfoSchema)]);
  return { code: failure.code, message: failure.rawMessage, count: failure.details.length, ...Object.fromEntries(found) };
};

describe.each(kinds)('by an error of a %s, a client of Connect', (_name, call) => {
  it('reads code, message, reason and every detail, each once', async () => {
    error = toDetailedError();
    expect(await read(call('7', { headers: { 'accept-language': 'de' } }))).toMatchObject({
      code: Code.NotFound,
      message: 'there is no book 7',
      count: 7,
      info: [{ reason: 'BOOK_NOT_FOUND', domain: 'shelf.gatehouse', metadata: { id: '7' } }],
      badRequest: [
        {
          fieldViolations: [
            { field: 'id', description: 'is none', reason: 'book.id' },
            { field: 'tags["a"]', description: 'is none', reason: '' },
          ],
        },
      ],
      retry: [{ retryDelay: { seconds: 1n, nanos: 250_000_000 } }],
      precondition: [{ violations: [{ type: 'ETAG', subject: 'books/7', description: 'is stale' }] }],
      quota: [{ violations: [{ subject: 'client', description: 'is spent' }] }],
      resource: [{ resourceType: 'shelf.v1.Book', resourceName: '7' }],
      localized: [{ locale: 'de', message: 'Es gibt kein Buch 7.' }],
    });
  });

  it('reads no detail that there is not', async () => {
    error = shelfLocked();
    expect(await read(call('7'))).toMatchObject({
      code: Code.FailedPrecondition,
      message: 'the shelf is locked',
      count: 1,
      info: [{ reason: 'SHELF_LOCKED' }],
    });
  });

  it('reads the violations of a request that breaks a rule of the contract', async () => {
    const seen = await read(call('7'.repeat(65)));
    expect(seen).toMatchObject({
      code: Code.InvalidArgument,
      info: [{ reason: 'VALIDATION_FAILED', domain: 'gatehouse' }],
      badRequest: [{ fieldViolations: [{ field: 'id', reason: 'string.max_len' }] }],
    });
  });

  it('reads text that is not ASCII as it was said', async () => {
    error = bookNotFound({ id: 'Bücher/50 % 書' });
    expect(await read(call('7'))).toMatchObject({ message: 'there is no book Bücher/50 % 書', info: [{ metadata: { id: 'Bücher/50 % 書' } }] });
  });

  it('reads when to come back from an error of the platform', async () => {
    error = unavailable({ retryDelayMs: 40 });
    expect(await read(call('7'))).toMatchObject({
      code: Code.Unavailable,
      info: [{ reason: 'UNAVAILABLE', domain: 'gatehouse' }],
      retry: [{ retryDelay: { seconds: 0n, nanos: 40_000_000 } }],
    });
  });
});
