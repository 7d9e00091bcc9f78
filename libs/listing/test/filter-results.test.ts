import { compileFilter } from '../src';
import { fields, insertPeople, openPeople } from './people';
import { createRandom } from './random';
import { createRandomFilters, randomPerson } from './random-filters';

describe('a filter', () => {
  let people: Awaited<ReturnType<typeof openPeople>>;
  beforeAll(async () => (people = await openPeople()));
  afterAll(() => people.close());

  it('finds what it means, of two thousand rows by eight hundred filters at random', async () => {
    const random = createRandom(8);
    const rows = Array.from({ length: 2_000 }, () => randomPerson(random));
    await insertPeople(people.database, rows);
    const makeFilter = createRandomFilters(random);
    rows.sort((left, right) => (left.id < right.id ? -1 : 1));
    let found = 0;
    for (let round = 0; round < 800; round++) {
      const { text: filter, holds } = makeFilter();
      const { text, values } = compileFilter(fields, filter, 2);
      const [row] = await people.database.query<{ ids: string | null }>({
        name: 'filter-people',
        isPrepared: false,
        text: `select string_agg(id::text, ' ' order by id) as ids from people where $1 and ${text}`,
        values: [true, ...values],
      });
      const expected = rows.filter(holds).map(({ id }) => id);
      found += Math.min(expected.length, 1);
      expect({ filter, ids: row?.ids ?? '' }).toEqual({ filter, ids: expected.join(' ') });
    }
    expect(found).toBeGreaterThan(550);
  });

  it.each([
    ['a = 1 AND b = 2 OR c = 3', '(a and (b or c))'],
    ['a = 1 OR b = 2 AND c = 3 OR d = 4', '((a or b) and (c or d))'],
    ['a = 1 b = 2 OR c = 3 d = 4', '(a and (b or c) and d)'],
    ['NOT a = 1 OR b = 2', '((a is not true) or b)'],
    ['-a = 1 -(b = 2 c = 3)', '((a is not true) and ((b and c) is not true))'],
    ['a = 1 AND (b = 2 AND c = 3)', '(a and (b and c))'],
  ])('%s is read as %s (AIP-160: OR binds tighter than AND)', (filter, expected) => {
    const named = { names: ['a', 'b', 'c', 'd'], find: (name: string) => ({ name, field: { compare: () => name } }) };
    expect(compileFilter(named, filter).text).toBe(expected);
  });

  it.each(['', ' \n\t'])('that is empty (%j) asks for nothing', (filter) => expect(compileFilter(fields, filter)).toEqual({ text: 'true', values: [] }));

  it.each([
    ['createTime >= 2026-01-31T08:00:00.5+01:00', '2026-01-31T07:00:00.500000Z'],
    ['createTime < "2024-02-29t23:59:59z"', '2024-02-29T23:59:59.000000Z'],
    ['createTime = "0001-01-01T00:00:00.000001000Z"', '0001-01-01T00:00:00.000001Z'],
    ['logins = -9223372036854775808', '-9223372036854775808'],
    ['display_name = ada.lovelace@example.com', 'ada.lovelace@example.com'],
    ['display_name = -x', '-x'],
    [String.raw`display_name = "a \"b\" \\ \*"`, String.raw`a "b" \ *`],
    ['id = 0190AAAA-0000-7000-8000-00000000000F', '0190aaaa-0000-7000-8000-00000000000f'],
    [String.raw`metadata."a*b"."*"."\"\*" = x`, '{"a*b":{"*":{"\\"*":"x"}}}'],
    ['metadata.n = 9007199254740993', '{"n":9007199254740993}'],
  ])('%s asks for %j', (filter, value) => expect(compileFilter(fields, filter).values).toEqual([value]));
});
