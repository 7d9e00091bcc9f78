import { AppError } from '@gatehouse/errors';
import { requestUnreadable, unavailable } from '@gatehouse/contracts/api';
import { createChannel, createClient, errorOf, type RpcCall, type RpcClient } from '../src';
import { closeLater } from './connect';
import { descriptorSet } from './gen/shelf/descriptor-set';
import { bookBurnt, bookNotFound, type ShelfErrorReason, shelfLocked, ShelfServiceDefinition } from './gen/shelf/errors';
import { serveShelf, toDetailedError } from './shelf';

type Shelf = RpcClient<ShelfServiceDefinition>;
let error: AppError;
let calls: RpcCall[];
let client: Shelf;

const fail = (call: RpcCall): never => {
  calls.push(call);
  throw error;
};
beforeEach(async () => {
  calls = [];
  const channel = createChannel({ target: await serveShelf(fail), descriptorSets: [descriptorSet] });
  closeLater(() => channel.close());
  client = createClient(ShelfServiceDefinition, channel);
});

async function* requests() {
  yield { id: '7' };
}
async function drain(responses: AsyncIterable<unknown>) {
  for await (const response of responses) void response;
}
type Options = { metadata?: Record<string, string> };
const kinds: readonly (readonly [string, (options?: Options) => Promise<unknown>])[] = [
  ['unary call', (options) => client.getBook({ id: '7' }, options)],
  ['stream of responses', (options) => drain(client.watchBook({ id: '7' }, options))],
  ['stream of requests', (options) => client.addBooks(requests(), options)],
  ['stream both ways', (options) => drain(client.swapBooks(requests(), options))],
];
const thrownBy = async (call: Promise<unknown>): Promise<AppError> => {
  try {
    await call;
  } catch (thrown) {
    return thrown as AppError;
  }
  throw new Error('it succeeded');
};

describe.each(kinds)('an error of a %s', (_name, call) => {
  it('is the same at the other end, with all of its details', async () => {
    error = toDetailedError();
    const seen = await thrownBy(call());
    const { code, reason, domain, message, metadata, violations, retryDelayMs, preconditions, quotas, resource, kind } = error;
    expect(seen).toMatchObject({
      code,
      reason,
      domain,
      message,
      metadata,
      violations,
      retryDelayMs,
      preconditions,
      quotas,
      resource,
      kind,
      localized: undefined,
    });
    expect(JSON.stringify([seen, (seen.cause as Error).message])).not.toContain('secret');
  });

  it('keeps the HTTP status of its reason', async () => {
    error = shelfLocked();
    expect(await thrownBy(call())).toMatchObject({ reason: 'SHELF_LOCKED', httpStatus: 423, metadata: {} });
  });

  it('comes in the language that is asked for', async () => {
    error = bookNotFound({ id: '7' });
    const seen = await thrownBy(call({ metadata: { 'accept-language': 'fr, de-AT;q=0.9' } }));
    expect(seen).toMatchObject({ message: 'there is no book 7', localized: { locale: 'de', message: 'Es gibt kein Buch 7.' } });
  });

  it('that the method does not declare is a defect', async () => {
    for (error of [bookBurnt(), new AppError({ code: 'NOT_FOUND', reason: 'BOOK_NOT_FOUND', domain: 'other.gatehouse', message: 'of another service' })])
      expect(await thrownBy(call())).toMatchObject({
        code: 'INTERNAL',
        reason: 'INTERNAL',
        message: 'internal error',
        metadata: { error_id: expect.any(String) },
      });
  });

  it('that any method may raise is let through', async () => {
    error = unavailable({ retryDelayMs: 100 });
    expect(await thrownBy(call())).toMatchObject({ code: 'UNAVAILABLE', reason: 'UNAVAILABLE', metadata: error.metadata, retryDelayMs: 100 });
  });
});

describe('a caller', () => {
  it('knows the errors of a method by their reasons', async () => {
    const tell = async (call: () => Promise<unknown>): Promise<string> => {
      try {
        await call();
        return 'a book';
      } catch (thrown) {
        const failure = errorOf(client.getBook, thrown);
        switch (failure.reason) {
          case 'BOOK_NOT_FOUND':
            return `no book ${failure.metadata.id satisfies string}`;
          case 'SHELF_LOCKED':
            return 'locked';
          // @ts-expect-error no method of this contract declares it
          case 'BOOK_BURNT':
            return 'burnt';
          default:
            // what is left is the platform's
            return `platform: ${failure.reason satisfies Exclude<typeof failure.reason, ShelfErrorReason>}`;
        }
      }
    };
    error = bookNotFound({ id: '7' });
    expect(await tell(() => client.getBook({ id: '7' }))).toBe('no book 7');
    error = requestUnreadable();
    expect(await tell(() => client.getBook({ id: '7' }))).toBe('platform: REQUEST_UNREADABLE');
    await expect(tell(() => Promise.reject(bookBurnt()))).rejects.toMatchObject({ reason: 'BOOK_BURNT' });
    await expect(tell(() => Promise.reject(new TypeError('mine')))).rejects.toThrow('mine');
  });
});
