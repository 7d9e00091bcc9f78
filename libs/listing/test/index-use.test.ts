import { compileFilter, compileOrderBy } from '../src';
import { fields, openPeople } from './people';

describe('pages of a big table', () => {
  let people: Awaited<ReturnType<typeof openPeople>>;
  const run = (text: string) => people.database.query({ name: 'run', isPrepared: false, text });
  beforeAll(async () => {
    people = await openPeople();
    await run(`insert into people select gen_random_uuid(), 'user' || n || '@example.com', null, 'active', timestamptz '2026-01-01Z' + n % 5000 * interval '1 minute', n % 7, null, true, '{}', '{}'
               from generate_series(1, 20000) as n`);
    await run('analyze people');
  });
  afterAll(() => people.close());
  const explain = (text: string, values: readonly unknown[] = [], ...settings: string[]) =>
    people.database.transaction(async (tx) => {
      for (const setting of settings) await tx.query({ name: 'set', isPrepared: false, text: setting });
      const rows = await tx.query<{ 'QUERY PLAN': string }>({ name: 'explain', isPrepared: false, text: `explain ${text}`, values });
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    });

  it.each([
    ['createTime', 'people_create_time', /Index Cond: \(ROW\(create_time, id\) > ROW\(/],
    ['createTime desc', 'people_create_time', /Index Cond: \(ROW\(create_time, id\) < ROW\(/],
    ['email', 'people_email', /Index Cond: \(ROW\(lower\(.*\), id\) > ROW\(/],
    ['createTime desc, logins', 'people_create_time_logins', /Index Cond: \(create_time <= /],
    ['createTime, logins desc, id desc', 'people_create_time_logins', /Index Cond: \(create_time >= /],
  ])('ordered by %s read the range of an index, and sort nothing', async (orderBy, index, condition) => {
    const ordering = compileOrderBy(fields, orderBy, { unique: 'id' });
    const [row] = await people.database.query<{ page_key: string[] }>({
      name: 'row-in-the-middle',
      isPrepared: false,
      text: `select ${ordering.rowKey} as page_key from people order by ${ordering.text} offset 10000 limit 1`,
    });
    const after = ordering.after(row?.page_key, 1);
    const plan = await explain(`select id from people where ${after.text} order by ${ordering.text} limit 50`, after.values);
    expect(plan).toMatch(new RegExp(`Index (Only )?Scan (Backward )?using ${index} `));
    expect(plan).toMatch(condition);
    expect(plan).not.toMatch(/Sort|Seq Scan/);
  });

  it.each([
    ['email = user77@example.com', /Index Scan using people_email|Bitmap Index Scan on people_email/],
    ['email = "user77*"', /Index Scan using people_email|Bitmap Index Scan on people_email/],
    ['create_time > "2026-01-04T11:00:00Z"', /people_create_time/],
    ['roles:admin', /Bitmap Index Scan on people_roles/],
    ['metadata.plan = pro', /Bitmap Index Scan on people_metadata/],
    ['metadata.plan:pro', /Bitmap Index Scan on people_metadata/],
    ['metadata:plan', /Bitmap Index Scan on people_metadata/],
  ])('can be found where %s by an index', async (filter, index) => {
    const where = compileFilter(fields, filter);
    const plan = await explain(`select id from people where ${where.text}`, where.values, 'set local enable_seqscan = off');
    expect(plan).toMatch(index);
    expect(plan).not.toMatch(/Seq Scan/);
  });

  it('are found by what a text begins with also where the plan was made before the value was known', async () => {
    const where = compileFilter(fields, 'email = "user77*"');
    const prepare = `prepare by_prefix (text, text) as select id from people where ${where.text}`;
    const plan = await explain(`execute by_prefix ('user77', 'user78')`, [], 'set local plan_cache_mode = force_generic_plan', prepare);
    expect(where.values).toEqual(['user77', 'user78']);
    expect(plan).toMatch(/people_email/);
    expect(plan).toMatch(/\$1/);
  });
});
