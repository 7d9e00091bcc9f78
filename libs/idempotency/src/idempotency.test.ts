import { randomBytes, randomUUID } from 'node:crypto';
import { type Database, type Queryable, createDatabase } from '@gatehouse/postgres';
import { type TestDatabase, createTestDatabase } from '@gatehouse/postgres/testing';
import { type IdempotencyKey, createIdempotency } from './idempotency';
import { idempotencyMigrations } from './migrations';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

describe('a request with a request_id', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  const idempotency = createIdempotency({ secret: randomBytes(32), lockTimeoutMs: 50 });
  const newKey = (part: Partial<IdempotencyKey> = {}): IdempotencyKey => ({ principal: 'ada', method: 'thing/Create', requestId: randomUUID(), ...part });
  const insert = (tx: Queryable, value: string) => tx.query({ name: 'insert-thing', text: 'insert into things values ($1)', values: [value] });
  const create = (key: IdempotencyKey, value: string, before?: () => Promise<void>) =>
    database.transaction((tx) =>
      idempotency.once(tx, key, bytes(value), async () => {
        await insert(tx, value);
        await before?.();
        return bytes(`made ${value}`);
      }),
    );
  const count = async (value: string) => (await database.query({ name: 'find-things', text: 'select from things where value = $1', values: [value] })).length;

  beforeAll(async () => {
    const things = { name: 'thing', migrations: [{ name: '0001_create_things', sql: 'create table things (value text)' }] };
    testDatabase = await createTestDatabase([things, idempotencyMigrations]);
    database = createDatabase({ url: testDatabase.url, applicationName: 'test', poolSize: 20 });
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  it('is done once, and answered the same each time', async () => {
    const key = newKey();
    expect(text(await create(key, 'once'))).toBe('made once');
    expect(text(await create(key, 'once'))).toBe('made once');
    expect(await count('once')).toBe(1);
  });

  it('may have an empty answer', async () => {
    const run = (key: IdempotencyKey) => database.transaction((tx) => idempotency.once(tx, key, bytes('x'), async () => new Uint8Array()));
    const key = newKey();
    expect(await run(key)).toHaveLength(0);
    expect(await run(key)).toHaveLength(0);
  });

  it('is refused when the id came with another request', async () => {
    const key = newKey();
    await create(key, 'first');
    await expect(create(key, 'second')).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' });
    expect(await count('second')).toBe(0);
  });

  it('is another one for another principal, and for another method', async () => {
    const key = newKey();
    for (const other of [key, { ...key, principal: 'bob' }, { ...key, method: 'thing/Delete' }]) await create(other, 'three');
    expect(await count('three')).toBe(3);
  });

  it('is refused quickly while it is being done, and the work goes on', async () => {
    const key = newKey();
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let started = () => {};
    const inside = new Promise<void>((resolve) => (started = resolve));
    const first = create(key, 'slow', () => (started(), held));
    await inside;
    const start = Date.now();
    await expect(create(key, 'slow')).rejects.toMatchObject({ reason: 'REQUEST_IN_PROGRESS', code: 'ABORTED' });
    expect(Date.now() - start).toBeLessThan(1_000);
    release();
    expect(text(await first)).toBe('made slow');
    expect(text(await create(key, 'slow'))).toBe('made slow');
    expect(await count('slow')).toBe(1);
  });

  it('is done once when it comes twenty times at once', async () => {
    const key = newKey();
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => create(key, 'twenty')));
    for (const result of results) {
      if (result.status === 'fulfilled') expect(text(result.value)).toBe('made twenty');
      else expect(result.reason).toMatchObject({ reason: 'REQUEST_IN_PROGRESS' });
    }
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(await count('twenty')).toBe(1);
  });

  it('leaves no record when it fails', async () => {
    const key = newKey();
    const failing = database.transaction((tx) => idempotency.once(tx, key, bytes('again'), () => Promise.reject(new Error('no luck'))));
    await expect(failing).rejects.toThrow('no luck');
    expect(text(await create(key, 'again'))).toBe('made again');
  });

  it('does not limit how long the work itself waits for locks', async () => {
    const limit = await database.transaction(async (tx) => {
      let found: unknown;
      await idempotency.once(tx, newKey(), bytes('x'), async () => {
        [found] = await tx.query({ name: 'show-lock-timeout', text: 'show lock_timeout' });
        return bytes('');
      });
      return found;
    });
    expect(limit).toEqual({ lock_timeout: '0' });
  });

  it('is known again where its answer may not be stored', async () => {
    const key = newKey();
    const request = bytes('secret');
    expect(await idempotency.find(database, key, request)).toBe(false);
    await database.transaction((tx) => idempotency.record(tx, key, request));
    expect(await idempotency.find(database, key, request)).toBe(true);
    await expect(idempotency.find(database, key, bytes('other'))).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' });
    await expect(database.transaction((tx) => idempotency.record(tx, key, request))).rejects.toMatchObject({ reason: 'REQUEST_IN_PROGRESS' });
    await expect(database.transaction((tx) => idempotency.record(tx, key, bytes('other')))).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' });
  });

  it('is not kept as it was sent', async () => {
    await create(newKey(), 'a very private request');
    const rows = await database.query<{ request_mac: Buffer }>({ name: 'all-records', text: 'select request_mac from idempotency_records' });
    for (const { request_mac } of rows) expect(request_mac).toHaveLength(32);
  });

  it('is forgotten after the retention', async () => {
    const key = newKey();
    await create(key, 'forgotten');
    expect(await idempotency.sweep(database)).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await createIdempotency({ secret: randomBytes(32), retentionMs: 1 }).sweep(database)).toBeGreaterThan(0);
    await create(key, 'forgotten');
    expect(await count('forgotten')).toBe(2);
  });

  describe('that is older than a day', () => {
    const makeOld = async (principal: string) =>
      database.query({
        name: 'make-old',
        text: `update idempotency_records set create_time = now() - interval '25 hours' where principal = $1`,
        values: [principal],
      });
    const kept = async (principal: string) =>
      (await database.query({ name: 'find-kept', text: 'select from idempotency_records where principal = $1', values: [principal] })).length;

    it('counts until it is swept: it is not done again, and its id is not free', async () => {
      const key = newKey({ principal: 'late' });
      await create(key, 'late');
      await makeOld('late');
      expect(text(await create(key, 'late'))).toBe('made late');
      await expect(create(key, 'other')).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' });
      expect(await count('late')).toBe(1);
      await idempotency.sweep(database);
      await create(key, 'other');
      expect(await count('other')).toBe(1);
    });

    it('is swept with all others, however many, a batch at a time', async () => {
      const statements: string[] = [];
      const counted = { query: <Row>(statement: Parameters<Database['query']>[0]) => (statements.push(statement.name), database.query<Row>(statement)) };
      const small = createIdempotency({ secret: randomBytes(32), batchSize: 10 });
      await Promise.all(Array.from({ length: 25 }, () => create(newKey({ principal: 'many' }), 'many')));
      await makeOld('many');
      await create(newKey({ principal: 'many' }), 'young');
      expect(await small.sweep(counted)).toBe(25);
      expect(statements).toHaveLength(3);
      expect(await kept('many')).toBe(1);
    });

    it('is not swept on once the sweeper is told to end', async () => {
      await Promise.all(Array.from({ length: 5 }, () => create(newKey({ principal: 'cut' }), 'cut')));
      await makeOld('cut');
      expect(await createIdempotency({ secret: randomBytes(32), batchSize: 2 }).sweep(database, AbortSignal.abort())).toBe(2);
      expect(await kept('cut')).toBe(3);
    });

    it('is left to the writer that holds it, for whom the sweep does not wait', async () => {
      for (const value of ['held', 'free']) await create(newKey({ principal: value }), value);
      await Promise.all(['held', 'free'].map(makeOld));
      await database.transaction(async (tx) => {
        await tx.query({ name: 'hold', text: `select from idempotency_records where principal = 'held' for update` });
        await idempotency.sweep(database);
        expect([await kept('held'), await kept('free')]).toEqual([1, 0]);
      });
      await idempotency.sweep(database);
      expect(await kept('held')).toBe(0);
    });

    it('does not hold up a writer while it is being swept, with whatever id', async () => {
      const [first, second] = [newKey({ principal: 'swept' }), newKey({ principal: 'swept' })];
      await create(first, 'swept');
      await create(second, 'swept');
      await makeOld('swept');
      await database.transaction(async (tx) => {
        expect(await idempotency.sweep(tx)).toBe(2);
        expect(text(await create(newKey({ principal: 'swept' }), 'meanwhile'))).toBe('made meanwhile');
        await expect(create(first, 'swept')).rejects.toMatchObject({ reason: 'REQUEST_IN_PROGRESS' });
        expect(await idempotency.sweep(database)).toBe(0);
      });
      expect(text(await create(first, 'anew'))).toBe('made anew');
    });
  });

  it('is done each time without an id', async () => {
    await create(newKey({ requestId: '' }), 'plain');
    await create(newKey({ requestId: '' }), 'plain');
    expect(await count('plain')).toBe(2);
    expect(await idempotency.find(database, newKey({ requestId: '' }), bytes('plain'))).toBe(false);
  });
});
