import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { asImporter, type BulkClient, countsOf, importRows, outcomesOf, toRequests } from './bulk-under-test';
import { startUser, type UserUnderTest, verdictOf } from './user-under-test';

let user: UserUnderTest;
let database: Client;
let client: BulkClient;
beforeEach(async () => {
  user = await startUser();
  database = new Client({ connectionString: user.databaseUrl });
  await database.connect();
  client = await asImporter(user);
});
afterEach(async () => {
  await database.end();
  await user.close();
});

const toRow = (number: number, by: string) => ({
  email: `person-${number}@example.com`,
  username: `person-${number}`,
  displayName: by,
  externalIds: [{ provider: 'okta', id: `${number}` }],
});
const toRows = (count: number, by: string) => Array.from({ length: count }, (_, number) => toRow(number, by));

/** An import that has begun, and goes on when it is told to. */
async function begin(by: BulkClient, importId = randomUUID(), rows = toRows(1, 'held')) {
  const release = Promise.withResolvers<void>();
  const [first, ...others] = [...(await collect(toRequests(rows, { importId })))];
  const responses = by
    .importUsers(
      (async function* () {
        yield first!;
        await release.promise;
        yield* others;
      })(),
    )
    [Symbol.asyncIterator]();
  await responses.next();
  return {
    next: () => responses.next(),
    async end() {
      release.resolve();
      while (!(await responses.next()).done);
    },
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

it('two imports of the same people at once leave each person whole, and say of each row what came of it', async () => {
  const [some, others] = [toRows(1_000, 'first'), toRows(1_000, 'second').reverse()];
  const [one, two] = await Promise.all([importRows(client, some, {}, { size: 300 }), importRows(client, others, {}, { size: 200 })]);
  for (const done of [one, two]) expect(done.results.every(({ reason }) => reason === '')).toBe(true);
  const created = [one, two].map(({ end }) => Number(end.created));
  expect(created[0]! + created[1]!).toBe(1_000);
  const { rows } = await database.query(
    `select count(*)::int as people, count(distinct external_id)::int as ids, bool_and(display_name in ('first', 'second') and revision = 2) as whole
     from users left join user_external_ids on user_id = users.id`,
  );
  expect(rows).toEqual([{ people: 1_000, ids: 1_000, whole: true }]);
});

it('an import takes nothing of what others change of the same people meanwhile', async () => {
  const people = await importRows(client, toRows(300, 'before'));
  const ids = people.results.map(({ userId }) => userId);
  const update = async () => {
    for (const id of ids.slice(0, 150)) await client.updateUser({ user: { id, givenName: `given-${id}` } });
  };
  const [done] = await Promise.all([importRows(client, toRows(300, 'after'), {}, { size: 50 }), update()]);
  expect(countsOf(done.end)).toEqual({ lastNumber: 300, updated: 300 });
  const { rows } = await database.query(
    `select count(*) filter (where display_name = 'after')::int as imported, count(*) filter (where given_name = 'given-' || id)::int as updated, sum(revision)::int as changes from users`,
  );
  expect(rows).toEqual([{ imported: 300, updated: 150, changes: 300 + 300 + 150 }]);
});

it('a second call of an import is refused while the first one goes on, and let in after it', async () => {
  const importId = randomUUID();
  const first = await begin(client, importId);
  expect(await verdictOf(importRows(client, [], { importId }))).toBe('ABORTED IMPORT_IN_PROGRESS');
  // at another process too
  const other = await startUser(user.databaseUrl);
  expect(await verdictOf(importRows(await asImporter(other), [], { importId }))).toBe('ABORTED IMPORT_IN_PROGRESS');
  await first.end();
  expect(countsOf((await importRows(await asImporter(other), [], { importId })).begin)).toEqual({ lastNumber: 1, created: 1 });
  await other.close();
});

it('a call that lost its hold on the import writes nothing more', async () => {
  const importId = randomUUID();
  const first = await begin(client, importId, toRows(2, 'lost'));
  const terminate = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse-user-bulk' and datname = current_database()`;
  await database.query(terminate);
  await importRows(client, toRows(1, 'second'), { importId });
  expect(await verdictOf(first.end())).toBe('ABORTED IMPORT_IN_PROGRESS');
  expect((await database.query('select display_name from users')).rows).toEqual([{ display_name: 'second' }]);
});

it('one more import than a process has room for is told to wait', async () => {
  const open = await Promise.all([0, 1, 2, 3].map(() => begin(client)));
  expect(await verdictOf(importRows(client, []))).toBe('RESOURCE_EXHAUSTED OVERLOADED');
  await Promise.all(open.map(({ end }) => end()));
  expect(await verdictOf(importRows(client, []))).toBe('OK');
});

it('progress is told while rows wait for others, and the result when they had their turn', async () => {
  const [row] = toRows(1, 'waiting');
  await importRows(client, [row!]);
  await database.query('begin');
  await database.query('select from users for update');
  let waited = 0;
  for await (const { results, progress } of client.importUsers(toRequests([{ ...row, displayName: 'changed' }]))) {
    if (results.length) expect(outcomesOf({ results })).toEqual(['updated']);
    // after the first one, and before the result
    else if (progress && ++waited === 3) await database.query('commit');
  }
  expect(waited).toBeGreaterThan(3);
});

it('a client that reads no results holds its import back', async () => {
  const importId = randomUUID();
  let sent = 0;
  const requests = 40;
  const responses = client
    .importUsers(
      (async function* () {
        yield { options: { importId } };
        // each of these is short, and has a long result
        for (; sent < requests; sent++) yield { rows: Array.from({ length: 1_000 }, (_, index) => ({ number: BigInt(sent * 1_000 + index + 1) })) };
      })(),
    )
    [Symbol.asyncIterator]();
  await responses.next();
  const lastNumber = async () => Number((await database.query('select last_number from imports')).rows[0].last_number);
  // it comes to a stop
  for (let before = -1, still = 0; still < 20;) {
    const now = await lastNumber();
    still = now === before ? still + 1 : 0;
    before = now;
    await new Promise((done) => setTimeout(done, 25));
  }
  const held = await lastNumber();
  expect(held).toBeLessThan(20_000);
  let results = 0;
  for (let next = await responses.next(); !next.done; next = await responses.next()) results += next.value.results.length;
  expect([results, await lastNumber()]).toEqual([requests * 1_000, requests * 1_000]);
});

it('an import ends with its process, which says that it may go on elsewhere', async () => {
  const importId = randomUUID();
  const other = await startUser(user.databaseUrl);
  const { next } = await begin(await asImporter(other), importId);
  const verdict = verdictOf(next());
  await other.close();
  expect(await verdict).toBe('UNAVAILABLE UNAVAILABLE');
  expect(await verdictOf(importRows(client, toRows(1, 'again'), { importId }))).toBe('OK');
});
