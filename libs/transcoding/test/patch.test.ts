import { ask, startWarehouse, type Warehouse } from './warehouse';

let warehouse: Warehouse;
beforeAll(async () => (warehouse = await startWarehouse()));
afterAll(() => warehouse.close());

/** The mask that the service gets. */
async function maskOf(body: unknown, query = '', headers: Record<string, string> = {}): Promise<string[] | undefined> {
  warehouse.calls.splice(0);
  const { status } = await ask(warehouse.url, 'PATCH', `/w1/shelves/a/items/1${query}`, body, headers);
  expect(status).toBe(200);
  return (warehouse.calls[0]?.request as { updateMask?: string[] }).updateMask;
}

describe('the mask of a PATCH', () => {
  it.each<[string, unknown, string[]]>([
    ['the fields that the body sets', { title: 'a', count: '1' }, ['title', 'count']],
    ['fields inside of messages', { size: { width: 1, tolerance: { plus: 2 } } }, ['size.width', 'size.tolerance.plus']],
    ['a message that is set empty', { size: {} }, ['size']],
    ['maps and lists as a whole', { labels: { a: 'b' }, tags: [] }, ['labels', 'tags']],
    ['a field that is taken away', { title: null, size: null }, ['title', 'size']],
    ['proto names, whatever the JSON names are', { ean: '1', createTime: null }, ['bar_code']],
    ['nothing for an empty body', {}, []],
    ['not what only the service sets, nor the version', { createTime: '2026-01-01T00:00:00Z', etag: '"7"', title: 'a' }, ['title']],
  ])('is made of %s', async (_name, body, mask) => expect(await maskOf(body)).toEqual(mask));

  it('that the caller sends is kept, in either case', async () => {
    expect(await maskOf({ title: 'a' }, '?updateMask=count,barCode')).toEqual(['count', 'bar_code']);
    expect(await maskOf({ title: 'a' }, '?update_mask=bar_code')).toEqual(['bar_code']);
  });

  it('leaves out the identifier, for which the path stands whatever the body says', async () => {
    warehouse.calls.splice(0);
    expect((await ask(warehouse.url, 'PATCH', '/w1/items/me', { id: '7', title: 'a' })).status).toBe(200);
    expect(warehouse.calls[0]?.request).toMatchObject({ item: { id: 'me', title: 'a' }, updateMask: ['title'] });
  });

  it('leaves out what the path says', async () => expect(await maskOf({ name: 'shelves/a/items/1', title: 'a' })).toEqual(['title']));

  it('is not made of null, which is no item', async () => {
    expect((await ask(warehouse.url, 'PATCH', '/w1/shelves/a/items/1', 'null')).status).toBe(400);
  });

  it('is made from a merge patch too (RFC 7396)', async () =>
    expect(await maskOf('{"title":null}', '', { 'content-type': 'application/merge-patch+json' })).toEqual(['title']));
});
