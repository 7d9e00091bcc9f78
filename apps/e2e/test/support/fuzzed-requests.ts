import type { SentRequest } from './send-raw';

/** Gives numbers from 0 to below 1, the same each time (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Random = () => number;
type Mutation = (request: SentRequest, random: Random) => SentRequest;
const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
const withHeader =
  (name: string, values: readonly string[]): Mutation =>
  (request, random) => ({ ...request, headers: { ...request.headers, [name]: pick(random, values) } });
const withBody =
  (change: (text: string, random: Random) => string | Buffer): Mutation =>
  (request, random) => ({
    ...request,
    method: request.body ? request.method : 'POST',
    headers: { 'content-type': 'application/json', ...request.headers },
    body: Buffer.from(change(request.body?.toString() ?? '{}', random)),
  });
const withPath =
  (change: (path: string, random: Random) => string): Mutation =>
  (request, random) => ({ ...request, path: change(request.path, random) });

const oddities = [
  'null',
  '1',
  '-1',
  '1e400',
  'true',
  '[]',
  '{}',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '[[[[]]]]',
  '9007199254740993',
  `"${'x'.repeat(300)}"`,
  '{"a":{"b":[1]}}',
  '"%s"',
  '"\' or 1=1 --"',
];
const segments = [
  '',
  '..',
  '%00',
  '%ff',
  '%zz',
  '%2e%2e',
  'me',
  'no-uuid',
  '018f0000-0000-7000-8000-000000000001',
  'x'.repeat(300),
  '%C3%A9',
  ';a=b',
  "'--",
  '*',
  ':',
  '{id}',
];
const queries = [
  'pageSize=ten',
  'pageSize=-1',
  'pageSize=1&pageSize=2',
  'pageToken=%ff',
  'pageToken=made-up',
  'nothing=1',
  'updateMask=nothing',
  'updateMask=email,email',
  'users=1',
  '%00=1',
  '=',
  '&&',
  `a=${'b'.repeat(500)}`,
];

const mutations: readonly Mutation[] = [
  withBody((text, random) => text.slice(0, Math.floor(random() * text.length))),
  withBody((text, random) => text.replace(/"[^"]*"(?=[,}])/g, (value) => (random() < 0.5 ? pick(random, oddities) : value))),
  withBody((text) => text.replace(/^\{/, '{"unknown":1,')),
  withBody((text) => text.replace(/^\{("\w+":[^,}]*)/, '{$1,$1')),
  withBody((text, random) => {
    const bytes = Buffer.from(text);
    // no key may come out of it that holds what a value held: quotes stay where they are
    const at = Math.floor(random() * bytes.length);
    if (bytes[at] !== 34 && bytes[at] !== 92) bytes[at] = 128 + Math.floor(random() * 128);
    return bytes;
  }),
  withBody((text, random) =>
    pick(random, ['', ' ', 'null', '[]', '{', '}', '"a"', text + text, '['.repeat(200), `{"a":${'{"a":'.repeat(90)}1${'}'.repeat(91)}`, 'x'.repeat(70_000)]),
  ),
  withPath((path, random) => path.replace(/[^/]+$/, () => pick(random, segments))),
  withPath((path, random) => `${path}/${pick(random, segments)}`),
  withPath((path, random) => `${path}${path.includes('?') ? '&' : '?'}${pick(random, queries)}`),
  withPath((_path, random) =>
    pick(random, ['/', '//', '/v1', '/v2/users', '/V1/users', '/v1/users:nothing', '/docs/errors/nothing', '/%', `/v1/users/${'x'.repeat(13_000)}`]),
  ),
  withHeader('content-type', [
    'text/plain',
    'application/xml',
    'application/json; charset=latin1',
    'application/json;;',
    '',
    'multipart/form-data',
    'application/grpc',
  ]),
  withHeader('content-encoding', ['gzip', 'br', 'identity, gzip']),
  withHeader('authorization', [
    '',
    'Bearer',
    'Bearer ',
    'Bearer a.b.c',
    'Basic YTpi',
    'Bearer ' + 'x'.repeat(3_000),
    'Bearer eyJhbGciOiJub25lIn0.e30.',
    'bearer é',
  ]),
  withHeader('x-request-timeout', ['0.001', '0', '-1', 'soon', '1e3', '0.0001']),
  withHeader('grpc-timeout', ['1n', '0m', '123456789S', 'S', '1u']),
  withHeader('x-request-id', ['a b', 'x'.repeat(500), 'é', '{}']),
  withHeader('if-match', ['"0"', 'W/"1"', '*', 'nonsense', '"1", "2"']),
  withHeader('idempotency-key', ['no-uuid', '', 'x'.repeat(300)]),
  withHeader('accept-language', ['de', 'fr;q=0.1, de', '*', 'x'.repeat(300), ';;;']),
  withHeader('accept', ['text/html', 'text/event-stream', 'nothing/at-all', '']),
  withHeader('expect', ['100-continue', 'miracles']),
  withHeader('x-large', ['y'.repeat(17_000)]),
  (request, random) => ({
    ...request,
    method: pick(random, ['PUT', 'DELETE', 'TRACE', 'OPTIONS', 'HEAD', 'PATCH', 'POST', 'GET', 'FOO', 'QUERY', 'PROPFIND', 'M-SEARCH']),
  }),
  (request) => ({ ...request, headers: {} }),
];

/** A request that is like a good one, but for one to three things. */
export function fuzz(request: SentRequest, random: Random): SentRequest {
  let fuzzed = request;
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) fuzzed = pick(random, mutations)(fuzzed, random);
  // what has a body says so, and what has none has no length
  return fuzzed.method === 'TRACE' ? { ...fuzzed, body: undefined } : fuzzed;
}
