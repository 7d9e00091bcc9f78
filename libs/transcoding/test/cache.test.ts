import { ask, startWarehouse, type Warehouse } from './warehouse';

let warehouse: Warehouse;
beforeAll(async () => {
  warehouse = await startWarehouse({ describe: ({ name }) => (name === 'Echo' ? { cache: { maxAge: 300, staleWhileRevalidate: 60 } } : {}) });
});
afterAll(() => warehouse.close());

const policy = 'public, max-age=300, stale-while-revalidate=60';
const read = (headers: Record<string, string> = {}, method = 'GET', path = '/w1/echo?int64Value=1') => ask(warehouse.url, method, path, undefined, headers);

describe('an answer that the contract lets others keep', () => {
  it('says for how long, and has an entity tag that is the same as long as the answer is', async () => {
    const [first, again, other] = [await read(), await read(), await read({}, 'GET', '/w1/echo?int64Value=2')];
    expect([first.status, first.headers.get('cache-control')]).toEqual([200, policy]);
    expect(first.headers.get('etag')).toMatch(/^W\/"[\w-]{22}"$/);
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(other.headers.get('etag')).not.toBe(first.headers.get('etag'));
  });

  it('is not sent again to who has it, and may be kept for as long anew (RFC 9111 §4.3.4)', async () => {
    const etag = (await read()).headers.get('etag')!;
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, text } = await read({ 'if-none-match': etag }, method);
      expect([status, text, headers.get('etag'), headers.get('cache-control')]).toEqual([304, '', etag, policy]);
    }
    expect((await read({ 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('is kept by nobody where it was not read, or is an error', async () => {
    const posted = await ask(warehouse.url, 'POST', '/w1/echo', {});
    expect([posted.status, posted.headers.get('cache-control'), posted.headers.get('etag')]).toEqual([200, 'no-store', null]);
    const refused = await read({}, 'GET', '/w1/echo?nothing=b');
    expect([refused.status, refused.headers.get('cache-control'), refused.headers.get('etag')]).toEqual([400, 'no-store', null]);
  });
});
