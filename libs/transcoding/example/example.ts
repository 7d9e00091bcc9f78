// A gRPC service over HTTP and JSON: an answer, an error as a problem document, and the OpenAPI document of both.
import { declareError } from '@gatehouse/errors';
import { bindService, createChannel, createRpcServer, type RpcInterceptor } from '@gatehouse/rpc';
import { createOpenApiDocument, createTranscoder, toYaml } from '@gatehouse/transcoding';
import { fastify } from 'fastify';
import { descriptorSet as descriptors } from './gen/descriptor-set.js';
import { LibraryServiceDefinition } from './gen/library/v1/library.js';

const bookNotFound = declareError({
  code: 'NOT_FOUND',
  reason: 'BOOK_NOT_FOUND',
  domain: 'library.example',
  title: 'Book not found',
  message: 'there is no book {name}',
  retry: 'never',
  metadata: ['name'],
});

const admit: RpcInterceptor = (_call, next) => next();

// any gRPC server will do, in any language
const server = createRpcServer({
  services: [
    bindService(LibraryServiceDefinition, {
      async getBook({ name }) {
        if (name !== 'shelves/1/books/2') throw bookNotFound({ name });
        return { name, title: 'Der Zauberberg', copiesSold: 1_000_000n };
      },
    }),
  ],
  descriptorSets: [descriptors],
  access: () => ({ authenticate: admit, authorize: admit }),
});

async function main() {
  const port = await server.listen('127.0.0.1', 0);
  const library = createChannel({ target: `127.0.0.1:${port}`, descriptorSets: [descriptors], errorDomains: ['library.example'] });
  const describe = () => ({ errors: [bookNotFound({ name: '' }).declaration!] });
  const transcoder = createTranscoder({ descriptors, upstreams: new Map([['library.v1', library]]), describe });

  const app = fastify({ rewriteUrl: () => '/' });
  transcoder.register(app);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });

  console.log(await (await fetch(`${url}/v1/shelves/1/books/2`)).text());
  const missing = await fetch(`${url}/v1/shelves/1/books/3`);
  const { reason, detail } = (await missing.json()) as { reason: string; detail: string };
  console.log(missing.status, missing.headers.get('content-type'), reason, detail);

  const document = createOpenApiDocument({ descriptors, info: { title: 'Library', version: '1' }, describe });
  console.log(document.openapi, Object.keys(document.paths).join(), toYaml(document).includes('BOOK_NOT_FOUND'));

  await app.close();
  library.close();
  await server.drain(1_000);
}

void main();
