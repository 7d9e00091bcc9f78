import { ask, fieldsOf, startWarehouse, type Warehouse } from './warehouse';

let warehouse: Warehouse;
beforeAll(async () => (warehouse = await startWarehouse()));
beforeEach(() => warehouse.calls.splice(0));
afterAll(() => warehouse.close());

const echo = (body: unknown) => ask(warehouse.url, 'POST', '/w1/echo', body);

describe('a value', () => {
  it.each<[string, object]>([
    ['a Struct', { structure: { a: 1, b: [true, null, 'x'], c: { d: {} } } }],
    ['a Value', { value: [1, { a: null }] }],
    ['a ListValue', { list: ['a', 2, null] }],
    ['a Duration', { duration: '1.500s' }],
    ['a Timestamp', { timestamp: '2026-01-02T03:04:05.678Z' }],
    ['a FieldMask', { mask: 'displayName,size.width' }],
    ['a wrapped 64-bit integer', { int64Value: '-9007199254740993' }],
    ['a wrapped empty string', { stringValue: '' }],
    ['wrapped bytes', { bytesValue: 'AAH/' }],
    ['a wrapped NaN', { doubleValue: 'NaN' }],
    ['the largest 64-bit integer', { big: '18446744073709551615' }],
    ['an enum', { color: 'COLOR_BLUE', colors: ['COLOR_RED', 'COLOR_UNSPECIFIED'] }],
    ['an enum number that the contract does not know', { color: 99, colors: [7] }],
    ['an optional empty string', { maybe: '' }],
    ['a map with number keys', { byNumber: { '-1': 'COLOR_RED', '7': 'COLOR_BLUE' } }],
    ['an Empty', { empty: {} }],
    ['a list of Timestamps', { times: ['2026-01-01T00:00:00Z', '1969-12-31T23:59:59Z'] }],
    ['an Any of a known type', { any: { '@type': 'type.googleapis.com/test.warehouse.v1.Size', width: 1.5, height: 0 } }],
    ['an Any of a well-known type', { any: { '@type': 'type.googleapis.com/google.protobuf.Duration', value: '1s' } }],
  ])('that is %s goes in and comes out as it is', async (_name, body) => {
    const { status, body: answer } = await echo(body);
    expect(status).toBe(200);
    expect(answer).toMatchObject(body);
  });

  it('of bytes is taken in both alphabets', async () => {
    expect((await echo({ data: '-_8' })).body.data).toBe('+/8=');
    expect((await echo({ data: '+/8=' })).body.data).toBe('+/8=');
  });

  it.each<[string, object, string[]]>([
    [
      'an Any with a time that there is not',
      { any: { '@type': 'type.googleapis.com/google.protobuf.Timestamp', value: '2026-02-30T00:00:00Z' } },
      ['any.value: json.type'],
    ],
    ['an Any with a number in a form of its own', { any: { '@type': 'type.googleapis.com/test.warehouse.v1.Size', width: '0x1' } }, ['any.width: json.type']],
    ['an Any of an unknown type', { any: { '@type': 'type.googleapis.com/nothing.Here' } }, ['any: json.type']],
    ['a Duration without its unit', { duration: '1.5' }, ['duration: json.type']],
    ['a FieldMask in snake_case', { mask: 'display_name' }, ['mask: json.type']],
    ['an Empty with content', { empty: { a: 1 } }, ['empty: json.type']],
    ['an integer too large', { big: '18446744073709551616' }, ['big: json.type']],
    ['a float too large', { ratio: 1e39 }, ['ratio: json.type']],
    ['a list for a Struct', { structure: [] }, ['structure: json.type']],
    ['a map key of the wrong type', { byNumber: { a: 'COLOR_RED' } }, ['byNumber["a"]: json.type']],
  ])('that is %s is refused, by its name', async (_name, body, fields) => {
    const refused = await echo(body);
    expect([refused.status, fieldsOf(refused)]).toEqual([400, fields]);
  });
});

it('a number that nothing holds is no value', async () => {
  for (const number of ['1e400', '-1e400', '9'.repeat(400)]) expect((await ask(warehouse.url, 'POST', '/w1/echo', `{"value":${number}}`)).status).toBe(400);
});

describe('a query', () => {
  it('fills well-known types and lists of them', async () => {
    const query =
      'duration=1.5s&mask=display_name,size&int64Value=7&stringValue=&bytesValue=AAH_&times=2026-01-01T00:00:00Z&times=2026-01-02T00:00:00Z&color=2&colors=COLOR_RED&colors=1&big=18446744073709551615&maybe=';
    const { status } = await ask(warehouse.url, 'GET', `/w1/echo?${query}`);
    expect(status).toBe(200);
    expect(warehouse.calls.at(-1)?.request).toMatchObject({
      duration: { seconds: 1n, nanos: 500_000_000 },
      mask: ['display_name', 'size'],
      int64Value: 7n,
      stringValue: '',
      bytesValue: Buffer.from([0, 1, 255]),
      times: [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-02T00:00:00Z')],
      color: 2,
      colors: [1, 1],
      big: 18446744073709551615n,
      maybe: '',
    });
  });

  it.each(['structure=x', 'value=x', 'list=x', 'any=x', 'empty=x', 'byNumber=x'])('%s cannot be given in it', async (query) => {
    const refused = await ask(warehouse.url, 'GET', `/w1/echo?${query}`);
    expect([refused.status, fieldsOf(refused)]).toEqual([400, [`${query.split('=')[0]}: query.type`]]);
  });
});

describe('a rule', () => {
  it('of the kind * takes every HTTP method', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'])
      expect((await ask(warehouse.url, method, '/w1/echo/any', { maybe: method })).body).toMatchObject({ maybe: method });
  });

  it('with a template in a variable takes what matches it, slashes and all', async () => {
    await ask(warehouse.url, 'GET', '/w1/shelves/a%20b/items/1');
    expect(warehouse.calls.at(-1)?.request).toEqual({ name: 'shelves/a b/items/1' });
    expect((await ask(warehouse.url, 'GET', '/w1/shelves/a/boxes/1')).status).toBe(404);
  });

  it('answers and reads by json_name', async () => {
    expect((await ask(warehouse.url, 'GET', '/w1/shelves/a/items/1')).body).toMatchObject({ ean: '400' });
  });

  it('in which path and body say the same of a field is no contradiction, and another value is one', async () => {
    expect((await ask(warehouse.url, 'PATCH', '/w1/shelves/a/items/1', { name: 'shelves/a/items/1', title: 'Lamp' })).status).toBe(200);
    const refused = await ask(warehouse.url, 'PATCH', '/w1/shelves/a/items/1', { name: 'shelves/a/items/2' });
    expect([refused.status, fieldsOf(refused)]).toEqual([400, ['item.name: field.twice']]);
  });
});
