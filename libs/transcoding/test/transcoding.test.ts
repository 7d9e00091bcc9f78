import { AppError } from '@gatehouse/errors';
import { createChannel, type RpcCall, type RpcChannel, type RpcService } from '@gatehouse/rpc';
import { startTestServer, type TestServer } from '@gatehouse/rpc/testing';
import fastify, { type FastifyInstance } from 'fastify';
import { createTranscoder, type TranscodingOptions } from '../src';
import { descriptorSet as brokenSet } from './gen/broken/descriptor-set';
import { descriptorSet } from './gen/library/descriptor-set';
import { Book, Genre, LibraryServiceDefinition } from './gen/library/test/transcoding/v1/library';

type Seen = { method: string; request: unknown; call: RpcCall };
let seen: Seen | undefined;
let answer: (method: string) => Promise<unknown>;
let server: TestServer;
let channel: RpcChannel;
let app: FastifyInstance;
let url: string;

const book: Book = Book.fromPartial({ id: 'b-1', title: 'Emma' });

async function start(options: Partial<TranscodingOptions> = {}): Promise<void> {
  app = fastify({ bodyLimit: 100_000 });
  createTranscoder({ descriptors: descriptorSet, upstreams: new Map([['test.transcoding.v1', channel]]), ...options }).register(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  url = `http://127.0.0.1:${(app.server.address() as { port: number }).port}`;
}

beforeAll(async () => {
  const handle = async (request: unknown, call: RpcCall) => {
    seen = { method: call.method.name, request, call };
    return answer(call.method.name) as never;
  };
  const names = Object.keys(LibraryServiceDefinition.methods);
  const service = Object.fromEntries(names.map((name) => [name, handle])) as unknown as RpcService<LibraryServiceDefinition>;
  server = await startTestServer(LibraryServiceDefinition, service, { descriptorSets: [descriptorSet] });
  channel = createChannel({ target: server.target, descriptorSets: [descriptorSet] });
});
beforeEach(async () => {
  seen = undefined;
  answer = async () => book;
  await start();
});
afterEach(() => app.close());
afterAll(async () => {
  channel.close();
  await server.close();
});

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const raw = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
  const response = await fetch(url + path, {
    method,
    body: raw,
    headers: { ...(raw === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
}
const fieldsOf = ({ body }: { body: { violations?: { field: string; reason: string }[] } }) =>
  (body.violations ?? []).map(({ field, reason }) => `${field}: ${reason}`);

describe('a path', () => {
  it('fills the fields that its variables name, also nested ones, decoded', async () => {
    expect((await ask('GET', '/v1/shelves/a%2Fb%20c/books/b%C3%A9')).status).toBe(200);
    expect(seen).toMatchObject({ method: 'GetBook', request: { shelf: 'a/b c', book: { id: 'bé' } } });
  });

  it('may be one of several bindings', async () => {
    await ask('GET', '/v1/books/b-7');
    expect(seen).toMatchObject({ method: 'GetBook', request: { shelf: '', book: { id: 'b-7' } } });
  });

  it('with a verb is the more literal template, and its verb no part of an id', async () => {
    answer = async () => ({ books: [], seen: '' });
    await ask('GET', '/v1/books:search');
    expect(seen?.method).toBe('SearchBooks');
  });

  it('may take in several segments', async () => {
    answer = async () => ({ name: '' });
    await ask('GET', '/v1/files/public/a/b/c.txt');
    expect(seen?.request).toEqual({ name: 'public/a/b/c.txt' });
    expect((await ask('GET', '/v1/files/private/a')).status).toBe(404);
  });

  it('of a custom HTTP method is served by that method alone', async () => {
    expect((await ask('DELETE', '/v1/books/b-1')).headers.get('allow')).toBe('GET, HEAD, LINK, PUT');
  });

  it('leads to no internal method', async () => {
    expect(
      createTranscoder({ descriptors: descriptorSet, upstreams: new Map([['test.transcoding.v1', channel]]) }).routes.map(({ rpc }) => rpc.name),
    ).not.toContain('Burn');
  });
});

describe('a query', () => {
  beforeEach(() => (answer = async () => ({ books: [], seen: 'yes' })));

  it('fills scalars, enums, lists, nested fields and well-known types, by either name', async () => {
    const query =
      'tag=a&tag=b+c&genres=GENRE_NOVEL&genres=2&author.name=Jane%20A&author.born=1775&isLent=true&since=2026-01-02T03:04:05Z&min_copies=9007199254740993&rare=true';
    expect((await ask('GET', `/v1/books:search?${query}`)).status).toBe(200);
    expect(seen?.request).toMatchObject({
      tag: ['a', 'b c'],
      genres: [Genre.GENRE_NOVEL, Genre.GENRE_ESSAY],
      author: { name: 'Jane A', born: 1775 },
      isLent: true,
      since: new Date('2026-01-02T03:04:05Z'),
      minCopies: 9007199254740993n,
      rare: true,
    });
  });

  it.each([
    ['rare=yes', ['rare: json.type']],
    ['rare=1', ['rare: json.type']],
    ['genres=GENRE_NONE', ['genres[0]: json.type']],
    ['author.born=x', ['author.born: json.type']],
    ['minCopies=1.5', ['minCopies: json.type']],
    ['since=yesterday', ['since: json.type']],
    ['author=x', ['author: query.type']],
    ['marks=x', ['marks: query.type']],
    ['author.age=3', ['author.age: query.unknown']],
    ['rare=true&rare=false', ['rare: field.twice']],
    ['minCopies=1&min_copies=2', ['min_copies: field.twice']],
    ['%ff=1', [': query.encoding']],
  ])('%s is refused', async (query, fields) => {
    const refused = await ask('GET', `/v1/books:search?${query}`);
    expect([refused.status, fieldsOf(refused)]).toEqual([400, fields]);
    expect(seen).toBeUndefined();
  });
});

describe('a body', () => {
  it('is one field of the request, and the path and query fill the rest', async () => {
    await ask('POST', '/v1/shelves/s-1/books?validateOnly=true', { title: 'Emma', copies: '9007199254740993', cover: 'AAEC', mark: 'M1', year: 0 });
    expect(seen?.request).toMatchObject({
      shelf: 's-1',
      validateOnly: true,
      book: { title: 'Emma', copies: 9007199254740993n, cover: Buffer.from([0, 1, 2]), shelfMark: 'M1', year: 0 },
    });
  });

  it('is the whole request but for what the path says', async () => {
    await ask('PUT', '/v1/books/b-1', { title: 'Emma', tags: ['a'], marks: { x: 1 } });
    expect(seen?.request).toMatchObject({ id: 'b-1', title: 'Emma', tags: ['a'], marks: { x: 1 } });
    const twice = await ask('PUT', '/v1/books/b-1', { id: 'b-2' });
    expect([twice.status, fieldsOf(twice)]).toEqual([400, ['id: field.twice']]);
    const query = await ask('PUT', '/v1/books/b-1?title=Emma', {});
    expect([query.status, fieldsOf(query)]).toEqual([400, ['title: query.unknown']]);
  });

  it.each<[string, unknown, string[]]>([
    ['a nested unknown field', { author: { age: 1 } }, ['author.age: json.unknown_field']],
    [
      'wrong types anywhere',
      { title: 1, tags: ['a', 2], editors: [{ name: 'x' }, { born: 'y' }], marks: { a: 'b' } },
      ['title: json.type', 'tags[1]: json.type', 'editors[1].born: json.type', 'marks["a"]: json.type'],
    ],
    ['a list for a message', { author: [] }, ['author: json.type']],
    ['a message for a list', { tags: {} }, ['tags: json.type']],
    ['null in a list', { tags: [null] }, ['tags[0]: json.type']],
    ['an unknown enum value', { genre: 'GENRE_NONE' }, ['genre: json.type']],
    ['an integer that is none', { author: { born: 1.5 } }, ['author.born: json.type']],
    ['an integer out of range', { author: { born: 2147483648 } }, ['author.born: json.type']],
    ['bytes that are no base64', { cover: 'a$b' }, ['cover: json.type']],
    ['a oneof that is set twice', { room: 'a', floor: 1 }, ['floor: json.conflict']],
    [
      'a field by both of its names, beside what else is wrong',
      { printTime: '2026-01-01T00:00:00Z', author: { name: 1 }, print_time: '2026-01-01T00:00:00Z' },
      ['author.name: json.type', 'print_time: json.conflict'],
    ],
    ['a timestamp without a zone', { printTime: '2026-01-01T00:00:00' }, ['printTime: json.type']],
    ['a day that there is not', { printTime: '2026-02-30T00:00:00Z' }, ['printTime: json.type']],
    ['no object', 'text', [': json.type']],
  ])('with %s is refused', async (_name, body, fields) => {
    const refused = await ask('PUT', '/v1/books/b-1', typeof body === 'string' ? JSON.stringify(body) : body);
    expect([refused.status, refused.body.reason, fieldsOf(refused)]).toEqual([400, 'REQUEST_UNREADABLE', fields]);
    expect(seen).toBeUndefined();
  });

  it('that is refused names at most 20 faults, and repeats nothing of what was sent', async () => {
    const refused = await ask('PUT', '/v1/books/b-1', { tags: Array.from({ length: 2_000 }, () => ({ secret: 'hunter2' })) });
    expect(fieldsOf(refused)).toHaveLength(20);
    expect(JSON.stringify(refused.body)).not.toContain('hunter2');
  });

  it('never ends in a fault of ours, whatever is in it', async () => {
    let state = 42;
    const random = (below: number) => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
    const keys = [
      'id',
      'title',
      'copies',
      'genre',
      'tags',
      'marks',
      'cover',
      'year',
      'printTime',
      'isLent',
      'author',
      'editors',
      'mark',
      'room',
      'floor',
      'weight',
      '__proto__',
      '',
    ];
    const make = (depth: number): unknown => {
      const kinds = [null, true, random(1e9), -1.5, '', 'GENRE_NOVEL', '1e400', '2026-01-01T00:00:00Z', 'AA==', '\ud83d\ude00'];
      if (depth > 3 || random(3) === 0) return kinds[random(kinds.length)];
      if (random(2)) return Array.from({ length: random(4) }, () => make(depth + 1));
      return Object.fromEntries(Array.from({ length: random(5) }, () => [keys[random(keys.length)], make(depth + 1)]));
    };
    const statuses = new Set<number>();
    for (let index = 0; index < 1_000; index++) statuses.add((await ask('POST', '/v1/shelves/s/books', JSON.stringify(make(0)))).status);
    expect([...statuses].filter((status) => status !== 200 && status !== 400)).toEqual([]);
  });
});

describe('an answer', () => {
  it('is canonical JSON, with the fields that have a presence left out when they are not set', async () => {
    answer = async () =>
      Book.fromPartial({
        id: 'b-1',
        copies: 9007199254740993n,
        genre: Genre.GENRE_NOVEL,
        cover: Buffer.from([255, 254]),
        shelfMark: 'M1',
        printTime: new Date('2026-01-02T03:04:05.678Z'),
      });
    expect((await ask('GET', '/v1/books/b-1')).body).toEqual({
      id: 'b-1',
      title: '',
      copies: '9007199254740993',
      genre: 'GENRE_NOVEL',
      tags: [],
      marks: {},
      cover: '//4=',
      printTime: '2026-01-02T03:04:05.678Z',
      editors: [],
      mark: 'M1',
      weight: 0,
      rare: false,
      floors: {},
    });
  });

  it('may be one field of the response', async () => {
    answer = async () => ({ books: [book], seen: 'not shown' });
    expect((await ask('GET', '/v1/books:search')).body).toMatchObject([{ id: 'b-1', title: 'Emma' }]);
  });

  it('has an id of the request, which the service sees too, and is kept by nobody', async () => {
    const { headers } = await ask('GET', '/v1/books/b-1', undefined, { 'x-request-id': 'chosen by the caller' });
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen?.call.requestId).toBe(headers.get('x-request-id'));
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('to HEAD has no body', async () => expect(await ask('HEAD', '/v1/books/b-1')).toMatchObject({ status: 200, body: undefined }));
});

describe('an error of the service', () => {
  const thing = { code: 'ABORTED', reason: 'BOOK_LENT', domain: 'library.gatehouse', message: 'the book is lent' } as const;

  it('is a problem document with all that the caller can act on', async () => {
    answer = () =>
      Promise.reject(
        new AppError({
          ...thing,
          metadata: { book: 'b-1' },
          violations: [{ field: 'id', description: 'is lent', reason: 'lent' }],
          retryDelayMs: 1_500,
          httpStatus: 412,
          cause: new Error('secret'),
        }),
      );
    const { status, headers, body } = await ask('GET', '/v1/books/b-1');
    expect(status).toBe(412);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(headers.get('retry-after')).toBe('2');
    expect(body).toEqual({
      type: 'about:blank',
      instance: '/v1/books/b-1',
      title: 'Precondition Failed',
      status: 412,
      detail: 'the book is lent',
      code: 'ABORTED',
      reason: 'BOOK_LENT',
      domain: 'library.gatehouse',
      violations: [{ field: 'id', description: 'is lent', reason: 'lent' }],
      metadata: { book: 'b-1' },
      requestId: headers.get('x-request-id'),
    });
  });

  it('names the path where it is a URI reference (RFC 3986 §4.1), and none of another host', async () => {
    const instanceOf = async (path: string) => (await ask('GET', path)).body.instance;
    expect(await instanceOf('/v1/no%C3%A9/b;c=d')).toBe('/v1/no%C3%A9/b;c=d');
    for (const path of ['/%', '/v1/no/%zz', '/v1/no/%f', '//v1/books']) expect([path, await instanceOf(path)]).toEqual([path, undefined]);
  });

  it('that is a defect tells an error id and nothing else', async () => {
    answer = () => Promise.reject(new Error('select * from books failed at 10.0.0.5'));
    const { status, body } = await ask('GET', '/v1/books/b-1');
    expect(status).toBe(500);
    expect(body).toMatchObject({ detail: 'internal error', reason: 'INTERNAL', metadata: { error_id: expect.any(String) } });
    expect(JSON.stringify(body)).not.toContain('books failed');
  });

  it('that is a missing service is 503, without its address', async () => {
    await app.close();
    const nowhere = createChannel({ target: '127.0.0.1:1', descriptorSets: [descriptorSet] });
    await start({ upstreams: new Map([['test.transcoding.v1', nowhere]]) });
    const { status, body } = await ask('GET', '/v1/books/b-1');
    nowhere.close();
    expect([status, body.code, body.reason]).toEqual([503, 'UNAVAILABLE', 'UNAVAILABLE']);
    expect(JSON.stringify(body)).not.toContain('127.0.0.1');
  });
});

describe('a caller', () => {
  it('is asked for a token after the request was read, and before it is sent on', async () => {
    await app.close();
    await start({ authenticate: () => Promise.reject(new AppError({ ...thing401 })) });
    expect((await ask('PUT', '/v1/books/b-1', { nothing: 1 })).status).toBe(400);
    const refused = await ask('PUT', '/v1/books/b-1', {});
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token", error_description="no"']);
    expect(seen).toBeUndefined();
  });

  it('sends its authorization on, and no other header', async () => {
    await ask('GET', '/v1/books/b-1', undefined, {
      authorization: 'Bearer abc',
      'grpc-timeout': '5S',
      'x-forwarded-for': '1.2.3.4',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    expect([...seen!.call.metadata.keys()].sort()).toEqual(['accept-language', 'authorization', 'user-agent', 'x-request-id']);
    expect(seen!.call.metadata.get('authorization')).toBe('Bearer abc');
  });

  it('that goes away cancels the call', async () => {
    const aborted = new Promise(
      (resolve) =>
        (answer = () =>
          new Promise((_resolve, reject) =>
            seen!.call.signal.addEventListener('abort', () => (resolve(seen!.call.signal.reason), reject(seen!.call.signal.reason))),
          )),
    );
    const controller = new AbortController();
    const request = fetch(`${url}/v1/books/b-1`, { signal: controller.signal }).catch(() => 'gone');
    while (!seen) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    expect(await request).toBe('gone');
    expect(await aborted).toMatchObject({ code: 'CANCELLED' });
  });
});

const thing401 = { code: 'UNAUTHENTICATED', reason: 'TOKEN_INVALID', domain: 'gatehouse', message: 'no' } as const;

describe('a contract', () => {
  it('whose rules cannot be served stops the start, each of them named', () => {
    const make = () => createTranscoder({ descriptors: brokenSet, upstreams: new Map() });
    expect(make).toThrow(/NoField: .*nothing/);
    expect(make).toThrow(/NoBody: .*nothing/);
    expect(make).toThrow(/Second: GET \/v2\/shelves\/\{book\} is taken by test\.broken\.v1\.BrokenService\/First/);
    expect(make).toThrow(/Open: .*\*\* must be the last segment/);
  });

  it('that has no upstream stops the start', () => {
    expect(() => createTranscoder({ descriptors: descriptorSet, upstreams: new Map() })).toThrow('no upstream is set for test.transcoding.v1');
  });
});
