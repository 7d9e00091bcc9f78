import { AsyncLocalStorage } from 'node:async_hooks';
import { deadlineExceeded } from '@gatehouse/contracts/api';
import { type Database, createDatabase } from './database';
import type { RowLoader } from './row-loader';
import type { PostgresObserver } from './statement';
import { type TestDatabase, createTestDatabase } from './testing';

interface Note {
  readonly id: string;
  readonly text: string;
}
const idOf = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const locking = { name: 'lock', text: 'lock table notes in access exclusive mode' };

describe('rows that are read by their key at the same time', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let writer: Database;
  let notes: RowLoader<Note>;
  const statements: string[] = [];
  let batches: number[] = [];
  const contexts = new AsyncLocalStorage<AbortSignal>();

  beforeAll(async () => {
    const sql = `create table notes (id uuid primary key, text text not null);
      insert into notes select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'note ' || n from generate_series(1, 400) n`;
    testDatabase = await createTestDatabase([{ name: 'note', migrations: [{ name: '0001_create_notes', sql }] }]);
    const observer: PostgresObserver = {
      query: ({ name }, run) => (statements.push(name), run()),
      openRowLoader: () => ({ read: (run) => run(undefined), batch: (reads, run) => (batches.push(reads.length), run()) }),
    };
    database = createDatabase({ url: testDatabase.url, applicationName: 'loader', observer, signal: () => contexts.getStore() });
    writer = createDatabase({ url: testDatabase.url, applicationName: 'writer' });
    const text = 'select id, text from notes where id = any($1::uuid[])';
    notes = database.createRowLoader<Note>({ name: 'find-note-by-id', text, keyOf: ({ id }) => id });
  });
  beforeEach(() => {
    statements.length = 0;
    batches = [];
  });
  afterAll(async () => {
    await Promise.all([database.close(), writer.close()]);
    await testDatabase.drop();
  });

  const running = async () =>
    (await writer.probe.query({ name: 'running', text: "select from pg_stat_activity where state <> 'idle' and application_name = 'loader'" })).length;
  const until = async (count: number) => {
    while ((await running()) !== count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  /** Holds the table until `release`, so that statements on it are sent and do not end. */
  async function hold() {
    const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const ended = writer.transaction(async (tx) => {
      await tx.query(locking);
      held.resolve();
      await released.promise;
    });
    await held.promise;
    return () => (released.resolve(), ended);
  }

  it('are one statement, and each reader gets the own row, or none', async () => {
    const found = await Promise.all([1, 2, 3, 999].map((number) => notes.load(idOf(number))));
    expect(found.map((note) => note?.text)).toEqual(['note 1', 'note 2', 'note 3', undefined]);
    expect(statements).toEqual(['find-note-by-id']);
  });

  it('are asked for once where several ask for the same', async () => {
    const [first, second] = await Promise.all([notes.load(idOf(7)), notes.load(idOf(7))]);
    expect([first?.text, second?.text]).toEqual(['note 7', 'note 7']);
    expect([statements.length, batches]).toEqual([1, [2]]);
  });

  it('are at most 128 of a statement, and two statements run at a time: what comes meanwhile is the next', async () => {
    const release = await hold();
    const first = Array.from({ length: 300 }, (_, index) => notes.load(idOf(index + 1)));
    await until(2);
    const later = [1, 2, 3].map((number) => notes.load(idOf(number)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await running()).toBe(2);
    expect(batches).toEqual([128, 128]);
    await release();
    expect((await Promise.all([...first, ...later])).map((note) => note!.id)).toEqual([
      ...Array.from({ length: 300 }, (_, index) => idOf(index + 1)),
      ...[1, 2, 3].map(idOf),
    ]);
    expect(batches).toEqual([128, 128, 47]);
  });

  it('show a commit to who asks after it, though a statement for the same row was under way', async () => {
    const sleepy = database.createRowLoader<Note>({
      name: 'find-note-slowly',
      // the snapshot is taken, then the statement takes its time
      text: 'select id, text from notes, (select pg_sleep(0.3)) as nap where id = any($1::uuid[])',
      keyOf: ({ id }) => id,
    });
    await writer.query({ name: 'before', text: 'update notes set text = $2 where id = $1', values: [idOf(10), 'before'] });
    const early = sleepy.load(idOf(10));
    await until(1);
    await writer.query({ name: 'after', text: 'update notes set text = $2 where id = $1', values: [idOf(10), 'after'] });
    const late = sleepy.load(idOf(10));
    expect([(await early)!.text, (await late)!.text]).toEqual(['before', 'after']);
  });

  it('end for one reader by the signal of its call at once, and go on for the others, though it came first', async () => {
    const release = await hold();
    const [mine, other] = [new AbortController(), new AbortController()];
    const leaving = contexts.run(mine.signal, () => notes.load(idOf(1)));
    const staying = contexts.run(other.signal, () => notes.load(idOf(2)));
    await until(1);
    const reason = deadlineExceeded();
    mine.abort(reason);
    await expect(leaving).rejects.toBe(reason);
    expect(await running()).toBe(1);
    await release();
    expect((await staying)!.text).toBe('note 2');
  });

  it('are cancelled on the server once nobody waits for them', async () => {
    const release = await hold();
    const controllers = [new AbortController(), new AbortController()];
    const leaving = controllers.map(({ signal }, index) => notes.load(idOf(index + 1), signal));
    await until(1);
    for (const controller of controllers) controller.abort();
    for (const left of leaving) await expect(left).rejects.toMatchObject({ code: 'CANCELLED' });
    await until(0);
    await release();
    expect((await notes.load(idOf(1)))!.text).toBe('note 1');
  });

  it('are not asked for when all who wanted them left before', async () => {
    const controller = new AbortController();
    const leaving = notes.load(idOf(1), controller.signal);
    controller.abort();
    await expect(leaving).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(notes.load(idOf(1), controller.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(statements).toEqual([]);
  });

  it('fail each reader by an error of its own, and are asked for anew by the next', async () => {
    const release = await hold();
    const failing = [1, 2, 3].map((number) => notes.load(idOf(number)).catch((error: unknown) => error));
    await until(1);
    await writer.probe.query({
      name: 'kill',
      text: "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loader' and state <> 'idle'",
    });
    const errors = await Promise.all(failing);
    for (const error of errors) expect(error).toMatchObject({ code: 'UNAVAILABLE', cause: { code: '57P01' } });
    expect(new Set(errors).size).toBe(3);
    await release();
    expect((await notes.load(idOf(1)))!.text).toBe('note 1');
  });

  it('fail for the reader alone whose key cannot be one', async () => {
    const results = await Promise.allSettled([idOf(1), 'no uuid', idOf(2), idOf(3)].map((key) => notes.load(key)));
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value!.text : (result.reason as { code: string }).code))).toEqual([
      'note 1',
      'INVALID_ARGUMENT',
      'note 2',
      'note 3',
    ]);
  });
});
