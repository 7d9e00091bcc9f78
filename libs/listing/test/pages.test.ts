import { randomBytes } from 'node:crypto';
import { AppError, type ErrorOptions } from '@gatehouse/errors';
import { compileFilter, compileOrderBy, createPageTokens } from '../src';
import { fields, insertPeople, openPeople } from './people';
import { type Random, createRandom } from './random';
import { randomPerson } from './random-filters';

const invalid = (options: ErrorOptions) =>
  new AppError({ code: 'INVALID_ARGUMENT', reason: 'PAGE_TOKEN_INVALID', domain: 'people.gatehouse', message: 'x', ...options });
const tokens = createPageTokens({ secret: randomBytes(32), label: 'people/List', invalid });

describe('pages', () => {
  let people: Awaited<ReturnType<typeof openPeople>>;
  beforeAll(async () => (people = await openPeople()));
  afterAll(() => people.close());
  beforeEach(() => people.database.query({ name: 'clear', text: 'truncate people' }));

  const run = (text: string, values: readonly unknown[] = []) => people.database.query<{ id: string }>({ name: 'run', text, values, isPrepared: false });

  async function list(request: { filter: string; orderBy: string; pageSize: number; pageToken: string }) {
    const { filter, pageSize } = request;
    const ordering = compileOrderBy(fields, request.orderBy, { unique: 'id' });
    const query = { filter, orderBy: ordering.canonical };
    const where = compileFilter(fields, filter, 2);
    const after = ordering.after(tokens.open(request.pageToken, query), 2 + where.values.length);
    const rows = await people.database.query<{ id: string; page_key: string[] }>({
      name: 'list',
      isPrepared: false,
      text: `select id, ${ordering.rowKey} as page_key from people where ${where.text} and ${after.text} order by ${ordering.text} limit $1`,
      values: [pageSize + 1, ...where.values, ...after.values],
    });
    const last = rows[pageSize - 1];
    return { ids: rows.slice(0, pageSize).map(({ id }) => id), nextPageToken: rows.length > pageSize && last ? tokens.seal(query, last.page_key) : '' };
  }

  /** Inserts, changes and deletes people; those who stay keep what they are ordered by. */
  async function change(random: Random, moving: string[], round: number) {
    await insertPeople(
      people.database,
      random.many(1, 5, () => randomPerson(random)),
    );
    const victim = moving[round % moving.length];
    if (round % 3 === 0) await run('delete from people where id = $1', [victim]);
    else
      await run('update people set email = $2, create_time = create_time + make_interval(secs => $3), logins = $4 where id = $1', [
        victim,
        random.textOf(['a', 'b', 'Z'], 1, 3),
        random.below(3) - 1,
        random.below(9),
      ]);
    await run('update people set display_name = $1', [`round ${round}`]);
  }

  it.each([
    ['', ''],
    ['id desc', ''],
    ['email', ''],
    ['create_time desc, email', ''],
    ['createTime, logins desc', ''],
    ['logins desc, email, create_time desc', 'verified = true OR roles:*'],
    ['email desc, id', 'score:* AND NOT status = GONE'],
  ])('ordered by %j where %j give each row that stays once and in order, while others come, change and go', async (orderBy, filter) => {
    const random = createRandom(5);
    const rows = Array.from({ length: 300 }, () => randomPerson(random));
    await insertPeople(people.database, rows);
    const moving = rows.filter((_, index) => index % 5 === 0).map(({ id }) => id);
    const seen: string[] = [];
    let pageToken = '';
    for (let round = 0; round === 0 || pageToken; round++) {
      // another size of page is the same query (AIP-158)
      const page = await list({ filter, orderBy, pageSize: 7 + (round % 3), pageToken });
      seen.push(...page.ids);
      pageToken = page.nextPageToken;
      await change(random, moving, round);
    }
    const stay = rows.filter(({ id }) => !moving.includes(id)).map(({ id }) => id);
    const where = compileFilter(fields, filter, 2);
    const ordering = compileOrderBy(fields, orderBy, { unique: 'id' });
    const expected = await run(`select id from people where id = any ($1) and ${where.text} order by ${ordering.text}`, [stay, ...where.values]);
    expect(seen.filter((id) => stay.includes(id))).toEqual(expected.map(({ id }) => id));
    expect(expected.length).toBeGreaterThan(50);
  });

  it('go on after rows that differ by a microsecond, or by letters outside of ASCII', async () => {
    const random = createRandom(6);
    const rows = ['é', 'e\u0301', 'ß', '😀', '\uffff', "'", '{', '"', ',', '\\', 'NULL', ''].map((email, index) => ({
      ...randomPerson(random),
      email,
      createTime: BigInt(index) - 5n,
    }));
    await insertPeople(people.database, rows);
    for (const orderBy of ['email', 'email desc', 'createTime', 'createTime desc, email']) {
      const seen: string[] = [];
      let pageToken = '';
      do {
        const page = await list({ filter: '', orderBy, pageSize: 1, pageToken });
        seen.push(...page.ids);
        pageToken = page.nextPageToken;
      } while (pageToken);
      expect(seen).toHaveLength(rows.length);
      expect(new Set(seen).size).toBe(rows.length);
    }
  });

  it('are asked for in one way whatever the spelling of the order', () => {
    const canonical = (orderBy: string) => compileOrderBy(fields, orderBy, { unique: 'id', default: 'createTime desc' }).canonical;
    expect(canonical(' create_time  desc ,email asc')).toBe('createTime desc, email asc, id asc');
    expect(canonical('createTime desc,email')).toBe('createTime desc, email asc, id asc');
    expect(canonical(' ')).toBe('createTime desc, id desc');
    expect(canonical('id desc, email')).toBe('id desc, email asc');
  });
});
