import { createDatabase, type Database } from '@gatehouse/postgres';
import { createTestDatabase, type TestDatabase } from '@gatehouse/postgres/testing';
import { createTestCollector, type TestCollector } from '../src/testing';
import { observe, readSeries } from './observed';

const sql = "create table notes (id text primary key); insert into notes values ('a'), ('b')";

describe('reads of single rows that share a statement', () => {
  let collector: TestCollector;
  let testDatabase: TestDatabase;
  let user: ReturnType<typeof observe>;
  let database: Database;
  let load: (key: string) => Promise<unknown>;

  beforeAll(async () => {
    testDatabase = await createTestDatabase([{ name: 'note', migrations: [{ name: '0001_create_notes', sql }] }]);
  });
  beforeEach(async () => {
    collector = await createTestCollector();
    user = observe('user', { otlpEndpoint: collector.url });
    database = createDatabase({ url: testDatabase.url, applicationName: 'test', observer: user.postgres });
    const notes = database.createRowLoader<{ id: string }>({ name: 'find-note-by-id', text: 'select id from notes where id = any($1)', keyOf: ({ id }) => id });
    load = (key) => notes.load(key);
  });
  afterEach(async () => {
    await Promise.all([database.close(), user.close()]);
    await collector.close();
  });
  afterAll(() => testDatabase.drop());

  /** Two requests, each a trace of its own, that read at the same time. */
  async function readTwice(keys: readonly string[]) {
    const reading = keys.map(async (key) => {
      const observation = user.http.start({ method: 'GET', path: '/', requestId: key, headers: {} });
      await observation.run(() => load(key)).catch(() => {});
      observation.end({ status: 200, route: '/' });
    });
    await Promise.all(reading);
    await user.close();
    const named = (name: string) => collector.spans.filter((span) => span.name === name);
    const readers = named('find-note-by-id').filter(({ kind }) => kind === 'INTERNAL');
    const [statement] = named('find-note-by-id').filter(({ kind }) => kind === 'CLIENT');
    return { requests: named('GET /'), readers, batches: named('find-note-by-id batch'), statement };
  }

  it('have each a span in its own trace, and links lead from there to the span of the batch and back', async () => {
    const { requests, readers, batches, statement } = await readTwice(['a', 'b']);
    expect([requests.length, readers.length, batches.length]).toEqual([2, 2, 1]);
    const [batch] = batches;
    expect(new Set(readers.map(({ traceId }) => traceId))).toEqual(new Set(requests.map(({ traceId }) => traceId)));
    expect(new Set(readers.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set(requests.map(({ spanId }) => spanId)));
    const placeOf = ({ traceId, spanId }: { traceId: string; spanId: string }) => ({ traceId, spanId });
    for (const reader of readers) expect(reader.links.map(placeOf)).toEqual([placeOf(batch!)]);
    expect(batch!.links.map(placeOf)).toEqual(readers.map(placeOf));
    expect(batch!.attributes['db.operation.batch.size']).toBe(2);
    expect(statement).toMatchObject({ parentSpanId: batch!.spanId, attributes: { 'db.query.summary': 'find-note-by-id' } });
  });

  it('fail each on its own span', async () => {
    await database.query({ name: 'rename', text: 'alter table notes rename to gone' });
    const { readers, statement } = await readTwice(['a', 'b']);
    expect([...readers, statement].map((span) => [span!.status, span!.attributes['error.type']])).toEqual(Array(3).fill(['ERROR', '42P01']));
    await database.query({ name: 'rename-back', text: 'alter table gone rename to notes' });
  });

  it('are counted, and so are their statements', async () => {
    await Promise.all(['a', 'b', 'c'].map(load));
    expect(await readSeries(user, 'db_client_batched_reads_total{db_operation_name="find-note-by-id"}')).toBe(3);
    expect(await readSeries(user, 'db_client_batches_total{db_operation_name="find-note-by-id"}')).toBe(1);
  });
});

describe('reads that a replica may answer', () => {
  it('are counted by their way, and a replica that is no good is told of once', async () => {
    const [testDatabase, other] = [await createTestDatabase(), await createTestDatabase()];
    const user = observe('user');
    const database = createDatabase({ url: testDatabase.url, readUrl: other.url, applicationName: 'test', observer: user.postgres });
    for (let read = 0; read < 3; read++) await database.read.query({ name: 'one', text: 'select 1' });
    expect(await readSeries(user, 'db_client_replica_reads_total{way="promoted"}')).toBe(3);
    expect(await readSeries(user, 'db_client_replica_reads_total{way="replica"}')).toBe(0);
    await Promise.all([database.close(), user.close()]);
    expect(user.lines.map((line) => [line.severity_text, line.body])).toEqual([['WARN', 'the server of the read URL is no standby: reads go to the primary']]);
    await Promise.all([testDatabase.drop(), other.drop()]);
  });

  it('tell why a replica does not answer', async () => {
    const testDatabase = await createTestDatabase();
    const user = observe('user');
    const readUrl = Object.assign(new URL(testDatabase.url), { password: 'hunter2' }).href;
    const database = createDatabase({ url: testDatabase.url, readUrl, applicationName: 'test', observer: user.postgres, replicaWaitMs: 5_000 });
    await database.read.query({ name: 'one', text: 'select 1' });
    await Promise.all([database.close(), user.close()]);
    expect(user.lines.map((line) => line.body)).toEqual(['the replica does not answer: reads go to the primary']);
    expect(JSON.stringify(user.lines)).toContain('28P01');
    expect(JSON.stringify(user.lines)).not.toContain('hunter2');
    await testDatabase.drop();
  });
});
