import { type Library, startLibrary } from './library';

let library: Library;
beforeAll(async () => (library = await startLibrary()));
beforeEach(() => library.calls.splice(0));
afterAll(() => library.close());

async function ask(method: string, path: string, body?: unknown) {
  const response = await fetch(library.url + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const { violations = [] } = (await response.json()) as { violations?: { field: string; description: string; reason: string }[] };
  return { status: response.status, violations, fields: violations.map(({ field, reason }) => `${field}: ${reason}`) };
}

describe('what JSON would let through though it may mean something else', () => {
  it.each<[unknown, string[]]>([
    [{ copies: '0x10' }, ['copies: json.type']],
    [{ copies: ' 1' }, ['copies: json.type']],
    [{ author: { born: '012' } }, ['author.born: json.type']],
    [{ weight: '0b1' }, ['weight: json.type']],
    [{ marks: { a: '0x1' } }, ['marks["a"]: json.type']],
    [{ cover: 'YQ==YQ==' }, ['cover: json.type']],
    [{ cover: 'Y Q==' }, ['cover: json.type']],
    [{ printTime: '2023-02-29T00:00:00Z' }, ['printTime: json.type']],
    [{ print_time: '2026-01-01T24:00:00Z' }, ['print_time: json.type']],
    [{ printTime: '2026-02-30T00:00:00+01:00' }, ['printTime: json.type']],
    [{ printTime: '2016-12-31T23:59:60Z' }, ['printTime: json.type']],
    [{ floors: { 1: {}, '01': {} } }, ['floors: json.conflict', 'floors["01"]: json.type']],
    [{ floors: { '0x1': {}, '02': {}, '3e0': {}, '+4': {}, '-0': {} } }, ['0x1', '02', '3e0', '+4', '-0'].map((key) => `floors["${key}"]: json.type`)],
  ])('%j is refused', async (body, fields) => expect(await ask('PUT', '/v1/books/b-1', body)).toMatchObject({ status: 400, fields }));

  it.each([
    { copies: '-10' },
    { copies: 10 },
    { author: { born: '1e3' } },
    { weight: 'NaN' },
    { weight: '-1.5e-3' },
    { cover: 'YQ' },
    { cover: '_-8=' },
    { printTime: '2024-02-29T23:59:59.123456789+01:00' },
    { isLent: null },
  ])('%j is taken', async (body) => expect((await ask('PUT', '/v1/books/b-1', body)).status).toBe(200));

  it('is refused by its place where the text itself would be read with a loss', async () => {
    const put = async (body: string) => {
      const response = await fetch(`${library.url}/v1/books/b-1`, { method: 'PUT', body, headers: { 'content-type': 'application/json' } });
      return [response.status, ...((await response.json()) as { violations: { field: string }[] }).violations.map(({ field }) => field)];
    };
    expect(await put('{"author":{"name":"a","\\u006eame":"b"}}')).toEqual([400, 'author.name']);
    expect(await put('{"editors":[{"name":"a"},{"born":1,"born":2}]}')).toEqual([400, 'editors[1].born']);
    expect(await put('{"tags":["a","b","\\ud800"]}')).toEqual([400, 'tags[2]']);
    expect(await put('{"copies":9007199254740993}')).toEqual([400, 'copies']);
    for (const number of ['9007199254740993.0', '9007199254740993e0', '9.007199254740993E15', '-1e17'])
      expect(await put(`{"copies":${number}}`)).toEqual([400, 'copies']);
  });

  it('is refused in a query too', async () => {
    expect((await ask('GET', '/v1/books:search?minCopies=0x10&author.born=%201&since=2026-02-30T00:00:00Z')).fields.sort()).toEqual([
      'author.born: json.type',
      'minCopies: json.type',
      'since: json.type',
    ]);
  });
});

describe('violations', () => {
  it('of path, query and body come together', async () => {
    expect((await ask('POST', '/v1/shelves/%ff/books?validateOnly=maybe&nothing=1', { title: 1 })).fields.sort()).toEqual([
      'book.title: json.type',
      'nothing: query.unknown',
      'shelf: path.encoding',
      'validateOnly: json.type',
    ]);
  });

  it('are 20 at most, wherever they are', async () => {
    const query = Array.from({ length: 500 }, (_, index) => `unknown${index}=1`).join('&');
    expect((await ask('GET', `/v1/books:search?${query}`)).violations).toHaveLength(20);
    expect((await ask('GET', `/v1/books:search?${'%ff&'.repeat(2_000)}`)).violations).toHaveLength(20);
    expect(
      (await ask('PUT', '/v1/books/b-1', Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`unknown${index}`, 1])))).violations,
    ).toHaveLength(20);
  });

  it('name no more of a path than fits, and never half a character', async () => {
    const { violations } = await ask('GET', `/v1/books:search?${'a'.repeat(199)}%F0%9F%98%80=1`);
    expect(violations[0]?.field).toHaveLength(200);
    expect(violations[0]?.field.isWellFormed()).toBe(true);
  });

  it('tell a wrong key of a map from a wrong value', async () => {
    const { violations } = await ask('PUT', '/v1/books/b-1', { marks: { a: 'x' }, floors: { ground: { name: 'x' }, 1: { name: 2 }, 2: { name: 'y' } } });
    expect(violations.map(({ field, description }) => `${field} ${description}`)).toEqual([
      'marks["a"] must be a 32-bit integer',
      'floors["1"].name must be a string',
      'floors["ground"] has a key of the wrong type',
    ]);
  });
});

describe('text', () => {
  const [apart, whole] = ['e\u0301', '\u00e9'];
  it('of a path, a query and a body arrives in one way of writing it', async () => {
    await ask('GET', `/v1/shelves/${encodeURIComponent(apart)}/books/${encodeURIComponent(apart)}`);
    expect(library.calls.at(-1)?.request).toMatchObject({ shelf: whole });
    await ask('GET', `/v1/books:search?constructor=${encodeURIComponent(apart)}&tag=${encodeURIComponent(apart)}&author.name=${encodeURIComponent(apart)}`);
    expect(library.calls.at(-1)?.request).toMatchObject({ constructor: whole, tag: [whole], author: { name: whole } });
    await ask('PUT', '/v1/books/b-1', { title: apart, marks: { [apart]: 1 } });
    expect(library.calls.at(-1)?.request).toMatchObject({ title: whole, marks: { [whole]: 1 } });
  });

  it('in two ways of writing it is no key of a map twice', async () => {
    expect(await ask('PUT', '/v1/books/b-1', { marks: { [apart]: 1, [whole]: 2 } })).toMatchObject({ status: 400, fields: [`marks["${whole}"]: map.unique`] });
    expect((await ask('PUT', '/v1/books/b-1', { marks: { ['__proto__']: 1 } })).fields).toEqual(['marks["__proto__"]: map.key']);
  });
});

describe('names that every object has', () => {
  it('are fields like any other where the contract has them, and unknown where it has not', async () => {
    expect((await ask('GET', '/v1/books:search?constructor=a&author.toString=b')).fields).toEqual(['author.toString: query.unknown']);
    expect((await ask('GET', '/v1/books:search?constructor=a')).status).toBe(200);
    expect(library.calls.at(-1)?.request['constructor']).toBe('a');
    expect((await ask('GET', '/v1/books:search?__proto__=1&valueOf=1')).fields).toEqual(['__proto__: query.unknown', 'valueOf: query.unknown']);
  });
});

describe('a body field that a query goes on', () => {
  it('is the same field, by whichever name it was given', async () => {
    await ask('PATCH', '/v1/shelves/s-1/main-author/47', { name: 'Jane' });
    expect(library.calls.at(-1)?.request).toMatchObject({ shelf: 's-1', mainAuthor: { name: 'Jane', born: 47 } });
    expect((await ask('PATCH', '/v1/shelves/s-1/main-author/47', { name: 'Jane', born: 48 })).fields).toEqual(['main_author.born: field.twice']);
    expect((await ask('PATCH', '/v1/shelves/s-1/main-author/47', 'Jane')).fields).toEqual(['mainAuthor: json.type']);
    expect((await ask('PATCH', '/v1/shelves/s-1/main-author/47', null)).fields).toEqual(['mainAuthor: json.type']);
  });
});
