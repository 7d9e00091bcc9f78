import fastify, { type FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { compressAnswers } from '../src/edge/compression';

let app: FastifyInstance;
let url: string;
beforeAll(async () => {
  app = fastify();
  compressAnswers(app, { minBytes: 10, isSecret: () => false });
  const json = JSON.stringify({ name: 'x'.repeat(1_000) });
  app.get('/strong', (_request, reply) => reply.header('etag', '"1"').type('application/json').send(json));
  app.get('/weak', (_request, reply) => reply.header('etag', 'W/"1"').type('application/json').send(json));
  for (const type of ['application/x-ndjson', 'text/event-stream', 'application/json'])
    app.get(`/${type.replaceAll('/', '-')}`, (_request, reply) => reply.type(type).send(Readable.from([json])));
  app.get('/encoded', (_request, reply) => reply.header('content-encoding', 'zstd').type('application/json').send(json));
  app.get('/image', (_request, reply) => reply.type('image/png').send(Buffer.alloc(1_000)));
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());

it.each([
  ['/strong', undefined, '"1"'],
  ['/weak', 'gzip', 'W/"1"'],
  ['/application-x-ndjson', undefined, undefined],
  ['/text-event-stream', undefined, undefined],
  ['/application-json', undefined, undefined],
  ['/encoded', 'zstd', undefined],
  ['/image', undefined, undefined],
])('an answer such as %s comes in %s, with its ETag as it was', async (path, encoding, etag) => {
  const { headers, body } = await fetch(url + path, { headers: { 'accept-encoding': 'gzip' } });
  await body?.cancel().catch(() => {});
  expect([headers.get('content-encoding') ?? undefined, headers.get('etag') ?? undefined]).toEqual([encoding, etag]);
});
