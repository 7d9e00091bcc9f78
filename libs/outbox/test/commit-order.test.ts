import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { insertEvents } from '../src';
import { findLast, findNews, readEvents } from '../src/statements';
import { type OpenOutbox, openOutbox, toText } from './open-outbox';

let opened: OpenOutbox;
beforeEach(async () => {
  opened = await openOutbox();
});
afterEach(() => opened.close());

describe('events are read', () => {
  it('not before those of a transaction that began earlier and commits later, and never those of one that is rolled back', async () => {
    const { outbox, database, append, begin, readUntil } = opened;
    const start = await outbox.currentCursor(database);
    const [early, failing, late] = [await begin(), await begin(), await begin()];
    await append(late.tx, 'late 1', 'late 2');
    await append(failing.tx, 'failing');
    await append(early.tx, 'early 1');
    await late.end('commit');
    await failing.end('rollback');
    expect((await outbox.read(database, start, 10)).events).toEqual([]);
    // who begins now begins before what is held back
    const meanwhile = await outbox.currentCursor(database);
    await append(early.tx, 'early 2');
    await early.end('commit');
    const order = ['early 1', 'early 2', 'late 1', 'late 2'];
    expect((await readUntil(4, start)).events.map(toText)).toEqual(order);
    expect((await readUntil(4, meanwhile)).events.map(toText)).toEqual(order);
  });

  it('one at a time as all at once, also where the ids were given in another order than the transactions’', async () => {
    const { begin, append, readUntil } = opened;
    const [first, second] = [await begin(), await begin()];
    await append(second.tx, 'second 1');
    await append(first.tx, 'first');
    await append(second.tx, 'second 2');
    await second.end('commit');
    await first.end('commit');
    const order = ['first', 'second 1', 'second 2'];
    expect((await readUntil(3)).events.map(toText)).toEqual(order);
    expect((await readUntil(3, undefined, 1)).events.map(toText)).toEqual(order);
  });

  it('once a transaction of another database of the cluster has ended', async () => {
    const other = await openOutbox();
    const held = await other.begin();
    const { database, outbox, append, readUntil } = opened;
    await database.transaction((tx) => append(tx, 'held back'));
    expect((await outbox.read(database, undefined, 10)).events).toEqual([]);
    await held.end('commit');
    expect((await readUntil(1)).events.map(toText)).toEqual(['held back']);
    await other.close();
  });

  it('with all that was told of them, and the cursor after each', async () => {
    const { database, outbox, readUntil } = opened;
    const subject = randomUUID();
    const events = [
      { type: 'made', subject, payload: new Uint8Array([0, 255]) },
      { type: 'tidied', payload: new Uint8Array() },
    ];
    const before = Date.now();
    await database.transaction((tx) => outbox.append(tx, events));
    await database.transaction((tx) => outbox.append(tx, []));
    const batch = await readUntil(2);
    expect(batch.events).toEqual(
      events.map((event) => ({ ...event, payload: Buffer.from(event.payload), createTime: expect.any(Date), cursor: expect.any(String) })),
    );
    expect(Math.abs(batch.events[0]!.createTime.getTime() - before)).toBeLessThan(60_000);
    expect((await outbox.read(database, batch.events[0]!.cursor, 10)).events).toEqual([batch.events[1]]);
    expect(batch.cursor).toBe(batch.events[1]!.cursor);
    expect(await outbox.read(database, batch.cursor, 10)).toEqual({ events: [], cursor: batch.cursor });
  });

  it('a thousand that one statement appends in their order, also together with the rows that they are about', async () => {
    const { database, append, readUntil } = opened;
    const texts = Array.from({ length: 1_000 }, (_, index) => `event ${index}`);
    await database.transaction((tx) => append(tx, ...texts));
    const { events, cursor } = await readUntil(1_000);
    expect(events.map(toText)).toEqual(texts);
    await database.query({ name: 'create-people', text: 'create table people (number int)' });
    const query = "select 'made' as type, null::uuid as subject, convert_to(number::text, 'UTF8') as payload from written order by number desc";
    const text = `with written as (insert into people select generate_series(1, 1000) returning number) ${insertEvents(query)}`;
    await database.query({ name: 'import-people', text });
    expect((await readUntil(1_000, cursor)).events.map(toText)).toEqual(Array.from({ length: 1_000 }, (_, index) => `${1_000 - index}`));
  });

  it.each(['force_custom_plan', 'force_generic_plan'])('by the index, however many there are (%s)', async (mode) => {
    const client = new Client({ connectionString: opened.url });
    await client.connect();
    await client.query(`set plan_cache_mode = ${mode}`);
    await client.query(insertEvents("select 'many' as type, null::uuid as subject, ''::bytea as payload from generate_series(1, 20000)"));
    await client.query('analyze outbox_events');
    await opened.readUntil(20_000);
    const { rows } = await client.query<{ xid: string }>('select xid::text from outbox_events limit 1');
    const { xid } = rows[0]!;
    for (const [name, text, values] of [
      ['read_after', readEvents, `('${xid}', 1, 0, 500)`],
      ['read_all', readEvents, '(null, null, null, 500)'],
      ['find_news', findNews, `('${xid}', 1)`],
      ['find_last', findLast, ''],
    ]) {
      await client.query(`prepare ${name} as ${text}`);
      const plan = JSON.stringify((await client.query(`explain (format json) execute ${name} ${values}`)).rows);
      expect(plan).toMatch(/"Index (Only )?Scan"/);
      expect(plan).not.toMatch(/"Seq Scan"[^}]*"outbox_events"/);
    }
    await client.end();
  });
});
