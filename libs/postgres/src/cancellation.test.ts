import { cancelled, deadlineExceeded } from '@gatehouse/contracts/api';
import { type Database, createDatabase } from './database';
import { type TestDatabase, createTestDatabase } from './testing';

const sleep = { name: 'sleep', text: "select pg_sleep(30), 'marker'" };

describe('a call that is cancelled', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let observer: Database;
  let controller: AbortController;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
  });
  beforeEach(() => {
    controller = new AbortController();
    database = createDatabase({ url: testDatabase.url, applicationName: 'cancelled', poolSize: 1, signal: () => controller.signal });
    observer = createDatabase({ url: testDatabase.url, applicationName: 'observer' });
  });
  afterEach(() => Promise.all([database.close(), observer.close()]));
  afterAll(() => testDatabase.drop());

  const countRunning = async () =>
    (await observer.query({ name: 'running', text: "select from pg_stat_activity where state <> 'idle' and application_name = 'cancelled'" })).length;
  const until = async (count: number) => {
    while ((await countRunning()) !== count) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('has its SQL cancelled on the server', async () => {
    const running = database.query(sleep);
    await until(1);
    const start = Date.now();
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED', reason: 'CANCELLED' });
    await until(0);
    expect(Date.now() - start).toBeLessThan(900);
  });

  it.each([cancelled(), deadlineExceeded()])('fails by the reason of its signal: $reason', async (reason) => {
    const running = database.query(sleep);
    await until(1);
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  it('has its transaction rolled back, which is not tried again', async () => {
    await observer.query({ name: 'create', text: 'create table if not exists notes (text text)' });
    let attempts = 0;
    const running = database.transaction(async (tx) => {
      attempts++;
      await tx.query({ name: 'insert', text: "insert into notes values ('lost')" });
      await tx.query(sleep);
    });
    await until(1);
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    await until(0);
    expect(await observer.query({ name: 'select', text: 'select text from notes' })).toEqual([]);
    expect(attempts).toBe(1);
  });

  it('sends nothing when it was cancelled before', async () => {
    controller.abort();
    await expect(database.query(sleep)).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(database.transaction((tx) => tx.query(sleep))).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(database.stats().size).toBe(0);
  });

  it('does not wait on for a connection, and loses none', async () => {
    const first = database.query({ name: 'short', text: 'select pg_sleep(0.3)' });
    const firstController = controller;
    controller = new AbortController();
    const waiting = database.query(sleep);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(firstController.signal.aborted).toBe(false);
    await first;
    controller = new AbortController();
    await database.ping();
    expect(database.stats()).toMatchObject({ size: 1, idle: 1, waiting: 0 });
  });

  it('does not hit what the next call runs', async () => {
    await database.ping();
    for (let round = 0; round < 20; round++) {
      controller = new AbortController();
      // Answered before the cancellation arrives.
      const running = database.query({ name: 'brief', text: 'select 1' }).catch((error: unknown) => error);
      await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      await running;
      controller = new AbortController();
      await expect(database.query({ name: 'next', text: 'select pg_sleep(0.02)' })).resolves.toHaveLength(1);
    }
  });
});
