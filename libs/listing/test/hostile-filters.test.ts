import { isAppError } from '@gatehouse/errors';
import { compileFilter, compileOrderBy } from '../src';
import { fields, insertPeople, openPeople } from './people';
import { createRandom } from './random';
import { createRandomFilters, randomPerson } from './random-filters';

const pieces = [
  "'",
  "''",
  '"',
  '\\',
  '--',
  '/*',
  '*/',
  ';',
  '$1',
  '$$',
  '%',
  '_',
  '*',
  ' or ',
  '1=1',
  ') or (true',
  'drop table people',
  "E'\\x27'",
  '::text',
  '\n',
  '\t',
  'é',
  '☠',
  '\ufeff',
  '\u2028',
  '{}',
  '[',
  '?',
];
const quote = (value: string) => `"${value.replace(/["\\*]/g, '\\$&')}"`;

describe('a hostile filter', () => {
  let people: Awaited<ReturnType<typeof openPeople>>;
  beforeAll(async () => (people = await openPeople()));
  afterAll(() => people.close());

  it('never reaches the text of SQL: that is the same for every value', () => {
    const random = createRandom(1);
    const shapes = [
      'displayName = V',
      'email != V',
      'email > V',
      'roles : V',
      'metadata:V',
      'metadata.plan = V',
      'metadata.V = V',
      'metadata.a.V:*',
      'metadata.V:V',
    ];
    for (let round = 0; round < 4_000; round++) {
      const shape = random.pick(shapes);
      const value = random.textOf(pieces, 1, 8);
      const { text, values } = compileFilter(
        fields,
        shape.replaceAll('V', () => quote(value)),
      );
      expect(text).toBe(compileFilter(fields, shape.replaceAll('V', 'x')).text);
      expect(text).toMatch(/^[\w\s()$@>=!<?:"-]+(\[\$\d+::text\]\)+)?$/);
      expect(values.length).toBeGreaterThan(0);
    }
  });

  it('finds in PostgreSQL the very row that has the text, and no other', async () => {
    const random = createRandom(2);
    const names = [...new Set(Array.from({ length: 300 }, () => random.textOf(pieces, 1, 6)))];
    await insertPeople(
      people.database,
      names.map((displayName) => ({ ...randomPerson(random), displayName })),
    );
    for (const name of names) {
      const { text, values } = compileFilter(fields, `displayName = ${quote(name)}`);
      const rows = await people.database.query<{ display_name: string }>({
        name: 'hostile',
        isPrepared: false,
        text: `select display_name from people where ${text}`,
        values,
      });
      expect(rows).toEqual([{ display_name: name }]);
    }
  });

  it('that is no filter at all is refused as one, or is one that PostgreSQL runs', async () => {
    const random = createRandom(3);
    const makeFilter = createRandomFilters(random, 1);
    const counts = { refused: 0, run: 0 };
    for (let round = 0; round < 2_000; round++) {
      const filter = Array.from(makeFilter().text);
      // something of it is lost, doubled, or is something else
      for (let change = random.below(2); change >= 0; change--)
        filter.splice(random.below(filter.length), random.below(4), ...random.many(0, 2, () => random.pick([...pieces, ...filter])));
      try {
        const { text, values } = compileFilter(fields, filter.join(''));
        if (++counts.run % 4 === 0)
          await people.database.query({ name: 'mutated', isPrepared: false, text: `select from people where ${text} limit 1`, values });
      } catch (error) {
        if (!isAppError(error, 'VALIDATION_FAILED')) throw error;
        expect(error.violations).toEqual([{ field: 'filter', reason: expect.stringMatching(/^filter\.\w+$/), description: expect.stringMatching(/: /) }]);
        counts.refused++;
      }
    }
    expect(Math.min(counts.refused, counts.run)).toBeGreaterThan(200);
  });

  it('of a megabyte of parentheses, or of as many as may be, is refused in words', () => {
    const read = (filter: string) => () => compileFilter(fields, filter);
    for (const filter of [
      '('.repeat(1_000_000),
      `${'('.repeat(500_000)}logins=1${')'.repeat(500_000)}`,
      '-('.repeat(1_000),
      '('.repeat(2_000),
      `logins=1 ${'OR logins=1 '.repeat(160)}`,
    ])
      expect(read(filter)).toThrow(expect.objectContaining({ reason: 'VALIDATION_FAILED' }));
  });

  it('does not reach SQL by the order either', () => {
    const random = createRandom(4);
    for (let round = 0; round < 1_000; round++)
      expect(() => compileOrderBy(fields, `email, ${random.textOf(pieces, 1, 5).trim() || ';'}`, { unique: 'id' })).toThrow(
        expect.objectContaining({ reason: 'VALIDATION_FAILED' }),
      );
  });
});
