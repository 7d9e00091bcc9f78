import { ask, fieldsOf, startWarehouse, type Warehouse } from './warehouse';

let warehouse: Warehouse;
beforeAll(async () => (warehouse = await startWarehouse()));
beforeEach(() => warehouse.calls.splice(0));
afterAll(() => warehouse.close());

const item = '/w1/shelves/a/items/1';
const get = (headers: Record<string, string>, method = 'GET') => ask(warehouse.url, method, item, undefined, headers);

describe('the version of a resource', () => {
  it('is the ETag of its answer', async () => {
    const { headers } = await get({});
    expect([headers.get('etag'), headers.get('cache-control')]).toEqual(['"7"', 'private, no-cache']);
    expect((await ask(warehouse.url, 'PATCH', item, {})).headers.get('etag')).toBe('"8"');
  });

  it.each(['"7"', 'W/"7"', '"1", "7"', '*'])('that the caller has, by If-None-Match: %s, is not sent again', async (known) => {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, text } = await get({ 'if-none-match': known }, method);
      expect([status, headers.get('etag'), text]).toEqual([304, '"7"', '']);
    }
    expect((await get({ 'if-none-match': '"6"' })).status).toBe(200);
  });

  it('by If-Match is the one that a change is made to, in the resource or in the request', async () => {
    expect((await ask(warehouse.url, 'PATCH', item, { title: 'a' }, { 'if-match': '"7"' })).status).toBe(200);
    expect(warehouse.calls.at(-1)?.request).toMatchObject({ item: { etag: '"7"', title: 'a' }, updateMask: ['title'] });
    expect((await ask(warehouse.url, 'DELETE', item, undefined, { 'if-match': '"7"' })).status).toBe(200);
    expect(warehouse.calls.at(-1)?.request).toMatchObject({ etag: '"7"' });
  });

  it('that is stale is 412 where it came by If-Match, and 409 where it came in the body', async () => {
    const byHeader = await ask(warehouse.url, 'PATCH', item, {}, { 'if-match': '"6"' });
    expect([byHeader.status, byHeader.body]).toEqual([
      412,
      expect.objectContaining({ status: 412, title: 'Precondition Failed', code: 'ABORTED', reason: 'STALE' }),
    ]);
    expect((await ask(warehouse.url, 'PATCH', item, { etag: '"6"' })).status).toBe(409);
  });

  it('by If-Match: * is any', async () => expect((await ask(warehouse.url, 'PATCH', item, {}, { 'if-match': '*' })).status).toBe(200));

  it.each([
    ['PATCH', item, { 'if-match': '"6", "7"' }, ['If-Match: header.precondition']],
    ['PATCH', item, { 'if-match': 'W/"7"' }, ['If-Match: header.precondition']],
    ['POST', '/w1/items', { 'if-match': '"7"' }, ['If-Match: header.precondition']],
    ['PATCH', item, { 'if-match': '' }, ['If-Match: header.precondition']],
    ['PATCH', item, { 'if-match': '7' }, ['If-Match: header.precondition']],
    ['PATCH', item, { 'if-match': '"7" "8"' }, ['If-Match: header.precondition']],
    ['PATCH', item, { 'if-none-match': '*' }, ['If-None-Match: header.precondition']],
  ])('that %s %s cannot keep is refused, not passed over', async (method, path, headers, fields) => {
    const refused = await ask(warehouse.url, method, path, {}, headers);
    expect([refused.status, fieldsOf(refused)]).toEqual([400, fields]);
    expect(warehouse.calls).toEqual([]);
  });

  it('that header and body say differently is refused', async () => {
    const refused = await ask(warehouse.url, 'PATCH', item, { etag: '"6"' }, { 'if-match': '"7"' });
    expect([refused.status, fieldsOf(refused)]).toEqual([400, ['item.etag: field.twice']]);
  });
});

describe('an Idempotency-Key', () => {
  const id = '5f0c3a1e-8b0a-4a58-9d4e-1c2b3a4d5e6f';

  it.each([id, `"${id}"`])('%s is the request_id', async (key) => {
    await ask(warehouse.url, 'POST', '/w1/items', { title: 'a' }, { 'idempotency-key': key });
    expect(warehouse.calls.at(-1)?.request).toEqual({ title: 'a', requestId: id });
  });

  it.each(['"', '"a" "b"', 'a b', ''])('that is %j is refused', async (key) => {
    const refused = await ask(warehouse.url, 'POST', '/w1/items', { title: 'a' }, { 'idempotency-key': key });
    expect([refused.status, fieldsOf(refused)]).toEqual([400, ['Idempotency-Key: header.precondition']]);
  });

  it('that differs from the request_id of the body is refused', async () => {
    const refused = await ask(warehouse.url, 'POST', '/w1/items', { requestId: 'another' }, { 'idempotency-key': id });
    expect([refused.status, fieldsOf(refused)]).toEqual([400, ['requestId: field.twice']]);
  });
});
