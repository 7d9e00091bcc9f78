import type { RpcCall } from '../src';
import { startTestServer } from '../src/testing';
import { closeLater } from './connect';
import { descriptorSet } from './gen/shelf/descriptor-set';
import { bookNotFound, ShelfServiceDefinition } from './gen/shelf/errors';

/** Serves a shelf, one method of each kind of call, that ends each with what `fail` throws. Gives its target. */
export async function serveShelf(fail: (call: RpcCall) => never): Promise<string> {
  const server = await startTestServer(
    ShelfServiceDefinition,
    {
      getBook: async (_request, call) => fail(call),
      async *watchBook(_request, call) {
        fail(call);
      },
      async addBooks(requests, call) {
        for await (const request of requests) if (request.id) fail(call);
        return { id: '' };
      },
      async *swapBooks(requests, call) {
        for await (const { id } of requests) {
          yield { id };
          fail(call);
        }
      },
    },
    { descriptorSets: [descriptorSet] },
  );
  closeLater(() => server.close());
  return server.target;
}

/** An error with every detail of google.rpc that can be sent. */
export const toDetailedError = () =>
  bookNotFound(
    { id: '7' },
    {
      violations: [
        { field: 'id', description: 'is none', reason: 'book.id' },
        { field: 'tags["a"]', description: 'is none' },
      ],
      retryDelayMs: 1_250,
      preconditions: [{ type: 'ETAG', subject: 'books/7', description: 'is stale' }],
      quotas: [{ subject: 'client', description: 'is spent' }],
      resource: { type: 'shelf.v1.Book', name: '7' },
      cause: new Error('a secret'),
    },
  );
