import { connect } from 'node:net';
import type { HttpOutcome } from '../src';
import { type Library, startLibrary, until } from './library';

let library: Library;
beforeAll(async () => (library = await startLibrary()));
beforeEach(() => library.calls.splice(0));
afterAll(() => library.close());

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

// a call holds its whole contract: more than a failing test should print
const methodsOf = ({ calls }: Library) => calls.map(({ method }) => method);

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly problem: { reason?: string; violations?: { field: string; reason: string }[] } | undefined;
}

/** One request over a connection of its own, written by hand: no client would send most of them. */
async function send(line: string, headers: readonly string[] = [], body = ''): Promise<Answer> {
  const length = body ? [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`] : [];
  const [head = '', text = ''] = (await library.raw([`${line} HTTP/1.1`, 'Host: a', 'Connection: close', ...length, ...headers, '', body].join('\r\n'))).split(
    '\r\n\r\n',
  );
  const isProblem = /^content-type: application\/problem\+json$/im.test(head);
  return { status: Number(head.split(' ')[1]), head, problem: isProblem && text ? JSON.parse(text) : undefined };
}
const verdictOf = ({ status, problem }: Answer) =>
  [status, problem?.reason, ...(problem?.violations ?? []).map(({ field, reason }) => `${field}: ${reason}`)].join(' ');
const json = 'Content-Type: application/json';

describe('a request target', () => {
  it('may have scheme and host before it', async () => {
    expect(verdictOf(await send('GET http://elsewhere:80/v1/books/b-1'))).toBe('200 ');
    expect(library.calls.at(-1)?.request).toMatchObject({ book: { id: 'b-1' } });
    expect(verdictOf(await send('GET http://elsewhere'))).toBe('404 METHOD_UNKNOWN');
  });

  it.each([
    ['/v1/books/%zz', '400 REQUEST_UNREADABLE book.id: path.encoding'],
    ['/v1/books/%ff', '400 REQUEST_UNREADABLE book.id: path.encoding'],
    ['/v1/books/%ed%a0%80', '400 REQUEST_UNREADABLE book.id: path.encoding'],
    ['/v1/shelves/%/books/%c3%28', '400 REQUEST_UNREADABLE shelf: path.encoding book.id: path.encoding'],
    ['/v1/books:search?tag=%zz&rare=1', '400 REQUEST_UNREADABLE tag: query.encoding rare: json.type'],
    ['/v1/books/b-1#part', '400 REQUEST_UNREADABLE'],
    ['/v1/files/private/%zz', '404 METHOD_UNKNOWN'],
    ['/%zz', '404 METHOD_UNKNOWN'],
  ])('%s gets its verdict', async (target, verdict) => {
    expect(verdictOf(await send(`GET ${target}`))).toBe(verdict);
    expect(methodsOf(library)).toEqual([]);
  });

  it('of several segments keeps a slash that is no separator', async () => {
    await send('GET /v1/files/public/a%2Fb/c%20d');
    expect(library.calls.at(-1)?.request).toEqual({ name: 'public/a%2Fb/c d' });
  });
});

describe('an HTTP method', () => {
  it.each(['PROPFIND', 'TRACE', 'QUERY', 'PATCH', 'DELETE'])('%s that a path does not take is 405, on no path 404', async (method) => {
    const refused = await send(`${method} /v1/books/b-1`, [json], '{}');
    expect(verdictOf(refused)).toBe('405 HTTP_METHOD_UNSUPPORTED');
    expect(refused.head).toMatch(/^allow: GET, HEAD, LINK, PUT$/im);
    expect(verdictOf(await send(`${method} /nothing`, [json], '{}'))).toBe('404 METHOD_UNKNOWN');
  });

  it('that a custom rule names is served', async () => {
    expect((await send('LINK /v1/books/b-1')).status).toBe(200);
    expect(library.calls.at(-1)).toMatchObject({ method: 'LendBook', request: { book: { id: 'b-1' } } });
  });

  it('OPTIONS tells what a path takes, and what the server takes', async () => {
    const ofPath = await send('OPTIONS /v1/books:search');
    expect([ofPath.status, /^allow: (.*)$/im.exec(ofPath.head)?.[1]]).toEqual([204, 'GET, HEAD']);
    const ofServer = await send('OPTIONS *');
    expect([ofServer.status, /^allow: (.*)$/im.exec(ofServer.head)?.[1]]).toEqual([204, 'GET, HEAD, LINK, PATCH, POST, PUT']);
    expect((await send('OPTIONS /nothing')).status).toBe(404);
  });

  it('is judged before the body is looked at', async () => {
    expect(verdictOf(await send('POST /nothing', [json], 'x'.repeat(200_000)))).toBe('404 METHOD_UNKNOWN');
    expect(verdictOf(await send('PATCH /v1/books/b-1', ['Content-Type: rubbish'], 'x'.repeat(200_000)))).toBe('405 HTTP_METHOD_UNSUPPORTED');
  });
});

describe('a body', () => {
  it.each([
    [[json], 200],
    [['Content-Type: application/json;charset=UTF-8'], 200],
    [['Content-Type: APPLICATION/JSON; charset="utf-8"', 'Content-Encoding: identity'], 200],
    [[], 415],
    [['Content-Type: rubbish'], 415],
    [['Content-Type: application/json, text/plain'], 415],
    [['Content-Type: application/json; charset=latin1'], 415],
    [['Content-Type: application/jsonp'], 415],
    [[json, 'Content-Encoding: gzip'], 415],
  ])('with %j is %i', async (headers, status) => {
    const answer = await send('PUT /v1/books/b-1', headers, '{}');
    expect(verdictOf(answer)).toBe(status === 200 ? '200 ' : '415 MEDIA_TYPE_UNSUPPORTED');
  });

  it('that is larger than the limit is 413, announced or not', async () => {
    const text = JSON.stringify({ title: 'x'.repeat(150_000) });
    expect(verdictOf(await send('PUT /v1/books/b-1', [json], text))).toBe('413 REQUEST_TOO_LARGE');
    const chunked = await library.raw(
      `PUT /v1/books/b-1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
    );
    expect(chunked).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('what two servers could read differently', () => {
  const get = (version: string, ...headers: string[]) =>
    library.raw(`GET /v1/books/b-1 HTTP/${version}\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`);

  it.each([
    ['two hosts', () => get('1.1', 'Host: a', 'Host: a', 'Connection: close')],
    ['two tokens', () => get('1.1', 'Host: a', 'Authorization: Bearer a', 'authorization: Bearer b', 'Connection: close')],
    ['two content types', () => get('1.1', 'Host: a', json, 'Content-Type: text/plain', 'Connection: close')],
    ['chunks in HTTP/1.0', () => get('1.0', 'Host: a', 'Transfer-Encoding: chunked', '\r\n0\r\n')],
    ['more headers than anyone looks at', () => get('1.1', 'Host: a', 'Connection: close', ...Array.from({ length: 500 }, () => 'A:1'))],
  ])('%s is refused', async (_name, request) => {
    const answer = await request();
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"reason":"REQUEST_UNREADABLE"');
    expect(methodsOf(library)).toEqual([]);
  });
});

describe('every request', () => {
  it('is observed, with the route if it has one and the reason if it failed', async () => {
    const cases: [Promise<unknown>, object][] = [
      [send('GET /v1/books/case-1?x'), { status: 400, route: '/v1/books/{book.id}', error: { reason: 'REQUEST_UNREADABLE' } }],
      [send('GET /v1/books/case-2'), { status: 200, route: '/v1/books/{book.id}', error: undefined }],
      [send('PUT /v1/books/case-3', ['Content-Type: text/plain'], 'x'), { status: 415, route: '/v1/books/{id}', error: { reason: 'MEDIA_TYPE_UNSUPPORTED' } }],
      [send('PUT /v1/books/case-4', [json], 'x'.repeat(200_000)), { status: 413, route: '/v1/books/{id}', error: { reason: 'REQUEST_TOO_LARGE' } }],
      [send('GET /v1/books/%zz-case-5'), { status: 400, route: '/v1/books/{book.id}' }],
      [send('PROPFIND /v1/books/case-6'), { status: 405, route: undefined, error: { reason: 'HTTP_METHOD_UNSUPPORTED' } }],
      [send('GET /nothing-case-7'), { status: 404, route: undefined, error: { reason: 'METHOD_UNKNOWN' } }],
    ];
    for (const [index, [request, expected]] of cases.entries()) {
      await request;
      const find = () => library.observed.find(({ path }) => path.includes(`case-${index + 1}`));
      await until(() => find() !== undefined);
      expect(find()).toMatchObject(expected);
    }
  });

  it('is observed with who made it, and with what nobody else may read of it', async () => {
    const known = await startLibrary({ authenticate: async () => ({ kind: 'user', id: 'u-7' }) });
    closing.push(known.close);
    await fetch(`${known.url}/v1/books/b-1`, { headers: { authorization: 'Bearer hunter2' } });
    await until(() => known.observed.length > 0);
    const { caller, confidential }: HttpOutcome = known.observed[0]!;
    expect([caller, confidential!()]).toEqual([{ kind: 'user', id: 'u-7' }, ['hunter2']]);
  });

  it('that an unexpected error ends is 500 with an id, and the next one is served', async () => {
    const broken = await startLibrary({ authenticate: () => Promise.reject(new TypeError('secret is not a function')) });
    closing.push(broken.close);
    const answer = await (await fetch(`${broken.url}/v1/books/b-1`)).text();
    expect(JSON.parse(answer)).toMatchObject({ status: 500, detail: 'internal error', reason: 'INTERNAL', metadata: { error_id: expect.any(String) } });
    expect(answer).not.toContain('secret');
    await until(() => broken.observed.length > 0);
    expect(broken.observed[0]?.error?.cause).toMatchObject({ message: 'secret is not a function' });
    expect((await fetch(`${broken.url}/v1/books/b-1`)).status).toBe(500);
  });
});

describe('a caller that goes away', () => {
  it('before it was authenticated makes no call', async () => {
    let admit = () => {};
    const asked = new Promise<void>((resolve) => (admit = resolve));
    let isAsked = false;
    const waiting = await startLibrary({ authenticate: () => ((isAsked = true), asked) });
    closing.push(waiting.close);
    const socket = connect(Number(new URL(waiting.url).port), '127.0.0.1', () => socket.write('GET /v1/books/b-1 HTTP/1.1\r\nHost: a\r\n\r\n'));
    await until(() => isAsked);
    socket.destroy();
    await until(() => waiting.observed.length > 0);
    expect(waiting.observed[0]).toMatchObject({ status: 499, error: { reason: 'CANCELLED' } });
    admit();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(methodsOf(waiting)).toEqual([]);
  });

  it('in the middle of its body is no fault of ours', async () => {
    const before = library.observed.length;
    const socket = connect(Number(new URL(library.url).port), '127.0.0.1', () =>
      socket.write(`PUT /v1/books/b-1 HTTP/1.1\r\nHost: a\r\n${json}\r\nContent-Length: 100\r\n\r\n{"title":`),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await until(() => library.observed.length > before);
    expect(library.observed.at(-1)).toMatchObject({ status: 499 });
    expect((await fetch(`${library.url}/v1/books/b-1`)).status).toBe(200);
  });
});

describe('requests that are sent ahead', () => {
  const pipeline = (count: number) => 'GET /v1/books/b-1 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(count);

  it('are answered in their order', async () => {
    const answer = await library.raw(`${pipeline(20)}GET /v1/books:search HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(21);
  });

  it('by the thousand end their connection, reach the service in a bounded number, and leave nothing behind', async () => {
    const seen = library.observed.length;
    await library.raw(pipeline(2_000)).catch(() => {});
    expect(library.calls.length).toBeLessThanOrEqual(64);
    await until(() => library.observed.length > seen);
    expect((await fetch(`${library.url}/v1/books/b-1`)).status).toBe(200);
  });

  it('are counted in all, and one too many is refused', async () => {
    const small = await startLibrary({ maxInFlight: 1 });
    closing.push(() => small.close());
    const answers = await Promise.all([
      small.raw(pipeline(1).replace('Host: a', 'Host: a\r\nConnection: close')),
      small.raw(pipeline(1).replace('Host: a', 'Host: a\r\nConnection: close')),
    ]);
    expect(answers.map((text) => text.split(' ')[1]).sort()).toEqual(['200', '429']);
  });
});

describe('a header that servers could read differently', () => {
  it.each(['Host: a b/c', 'Transfer-Encoding: gzip, chunked'])('%s is refused', async (header) => {
    const lines = header.startsWith('Host') ? [header] : ['Host: a', header, 'Content-Type: application/json'];
    const answer = await library.raw(['PUT /v1/books/b-1 HTTP/1.1', ...lines, 'Connection: close', '', '0', '', ''].join('\r\n'));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('the instance of a problem', () => {
  it.each([
    ['/v1/nothing/%C3%A9?token=a', '/v1/nothing/%C3%A9'],
    ['/v1/nothing/%zz', undefined],
    ['//evil.example/nothing', undefined],
    [`/${'x'.repeat(2_000)}`, undefined],
  ])('of %s is its path, if that is one', async (path, instance) => {
    const answer = await library.raw(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(JSON.parse(answer.slice(answer.indexOf('{'))).instance).toBe(instance);
  });
});
