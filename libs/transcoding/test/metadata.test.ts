import { createTranscoder } from '../src';
import { descriptorSet } from './gen/warehouse/descriptor-set';
import { ask, fieldsOf, startWarehouse, type Warehouse } from './warehouse';

let warehouse: Warehouse;
beforeAll(async () => (warehouse = await startWarehouse({ deadlineMs: 5_000, maxDeadlineMs: 8_000 })));
beforeEach(() => warehouse.calls.splice(0));
afterAll(() => warehouse.close());

const item = '/w1/shelves/a/items/1';
const get = (headers: Record<string, string> = {}) => ask(warehouse.url, 'GET', item, undefined, headers);
const seen = () => warehouse.calls.at(-1)!.call;

describe('a header', () => {
  it('that is listed becomes metadata, and no other does', async () => {
    await get({ 'x-tenant': 't-1', 'x-other': 'o', cookie: 'a=b', forwarded: 'for=1.2.3.4', 'x-forwarded-for': '1.2.3.4', te: 'trailers', baggage: 'a=b' });
    expect(Object.fromEntries(seen().metadata)).toMatchObject({ 'x-tenant': 't-1' });
    expect([...seen().metadata.keys()].sort()).toEqual(['accept-language', 'user-agent', 'x-request-id', 'x-tenant']);
  });

  it('of the answer is metadata that is listed, and none that is not', async () => {
    const { headers } = await get();
    expect([headers.get('x-shelf'), headers.get('x-secret')]).toEqual(['a', null]);
  });

  it('that gRPC cannot carry is refused', async () => expect((await get({ 'x-tenant': 'caf\u00e9' })).status).toBe(400));

  it.each(['connection', 'transfer-encoding', 'host', 'grpc-timeout', 'x-blob-bin', 'X-Upper'])('%s cannot be listed', (name) => {
    expect(() => createTranscoder({ descriptors: descriptorSet, upstreams: new Map(), requestHeaders: [name] })).toThrow(`cannot be passed on: ${name}`);
  });
});

describe('the deadline of a call', () => {
  const leftMs = () => seen().deadline - Date.now();

  it('is the usual one without a word of the caller', async () => {
    await get();
    expect(leftMs()).toBeGreaterThan(4_000);
    expect(leftMs()).toBeLessThanOrEqual(5_000);
  });

  it.each([
    [{ 'grpc-timeout': '2S' }, 2_000],
    [{ 'grpc-timeout': '2000m' }, 2_000],
    [{ 'grpc-timeout': '2000000u' }, 2_000],
    [{ 'x-request-timeout': '2' }, 2_000],
    [{ 'x-request-timeout': '2.5' }, 2_500],
    [{ 'x-request-timeout': '6', 'grpc-timeout': '7S' }, 6_000],
    [{ 'grpc-timeout': '9H' }, 8_000],
  ] as [Record<string, string>, number][])('is what %j says, bounded', async (headers, expected) => {
    await get(headers);
    expect(leftMs()).toBeGreaterThan(expected - 900);
    expect(leftMs()).toBeLessThanOrEqual(expected);
  });

  it.each([
    [{ 'grpc-timeout': '5' }, 'Grpc-Timeout: header.form'],
    [{ 'grpc-timeout': '123456789S' }, 'Grpc-Timeout: header.form'],
    [{ 'x-request-timeout': 'soon' }, 'X-Request-Timeout: header.form'],
    [{ 'x-request-timeout': '-1' }, 'X-Request-Timeout: header.form'],
  ] as [Record<string, string>, string][])('that is no time, as in %j, is refused', async (headers, field) => {
    const refused = await get(headers);
    expect([refused.status, fieldsOf(refused)]).toEqual([400, [field]]);
  });

  it('that leaves no time is 504', async () => expect((await get({ 'grpc-timeout': '1n' })).status).toBe(504));
});

describe('the id of a request', () => {
  it('is the one that the caller gives, or a new one where that is no id', async () => {
    expect((await get({ 'x-request-id': 'job-7/3' })).headers.get('x-request-id')).toBe('job-7/3');
    expect(seen().requestId).toBe('job-7/3');
    for (const id of ['a b', 'x'.repeat(129), '<script>']) expect((await get({ 'x-request-id': id })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
