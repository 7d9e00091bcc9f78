import { insertEvents } from '../src';
import { findPosition, toCursor } from '../src/cursor';
import { type OpenOutbox, openOutbox, toText } from './open-outbox';

const expired = { code: 'OUT_OF_RANGE', reason: 'CURSOR_EXPIRED' };

describe('a cursor', () => {
  let opened: OpenOutbox;
  let cursor: string;
  const read = (after: string) => opened.outbox.read(opened.database, after, 10);
  const change = (part: object) => toCursor({ ...findPosition(cursor)!, ...part });

  beforeAll(async () => {
    opened = await openOutbox();
    await opened.database.transaction((tx) => opened.append(tx, 'one', 'two'));
    cursor = (await opened.readUntil(2)).events[0]!.cursor;
  });
  afterAll(() => opened.close());

  it('is good where it is unchanged', async () => {
    expect((await read(change({}))).events.map(toText)).toEqual(['two']);
  });

  it.each(['', 'x', 'bm90IGEgY3Vyc29y', 'A'.repeat(50), '🦊'.repeat(50)])('is refused where it is none (%j)', async (text) => {
    await expect(read(text)).rejects.toMatchObject(expired);
  });

  it('is refused where it has more to it, or less', async () => {
    for (const text of [`${cursor}=`, `${cursor}AA`, cursor.slice(1), cursor.slice(0, -1), ` ${cursor}`])
      await expect(read(text)).rejects.toMatchObject(expired);
  });

  it.each([
    ['another cluster', { system: 1n }],
    ['another timeline', { timeline: 7 }],
    ['the future', { xid: 2n ** 63n }],
    ['an event that never was', { id: 2n ** 62n }],
    ['an event of another time', { createTimeMs: 0n }],
    ['an event of a time that no clock shows', { createTimeMs: 2n ** 62n }],
    ['the beginning of another outbox', { xid: 0n, id: 1n }],
  ])('is refused where it is of %s', async (_, part) => {
    await expect(read(change(part))).rejects.toMatchObject(expired);
  });

  it('of the beginning is good until something was removed', async () => {
    const empty = await openOutbox();
    const start = await empty.outbox.currentCursor(empty.database);
    expect(await empty.outbox.read(empty.database, start, 10)).toEqual({ events: [], cursor: start });
    expect(await empty.outbox.read(empty.database, undefined, 10)).toEqual({ events: [], cursor: start });
    await empty.close();
  });
});

describe('tables that came with a dump of another cluster', () => {
  it('begin anew: what they hold is told again, once and in its order, with what was appended before anybody read, and what comes then', async () => {
    const { database, outbox, append, readUntil, close } = await openOutbox();
    await database.transaction((tx) => append(tx, 'old', 'older by its xid'));
    const { cursor } = await readUntil(2);
    await database.query({ name: 'move-ahead', text: 'update outbox_events set xid = (4611686018427387904 - id)::text::xid8' });
    await database.query({ name: 'age', text: "update outbox_events set create_time = now() - interval '1 hour'" });
    await database.query({ name: 'make-foreign', text: "update outbox_horizon set system_identifier = 1, xid = '4611686018427387000'" });
    await database.transaction((tx) => append(tx, 'before anybody read'));
    await expect(outbox.read(database, cursor, 10)).rejects.toMatchObject(expired);
    const starts = await Promise.all([outbox.currentCursor(database), outbox.currentCursor(database)]);
    await database.transaction((tx) => append(tx, 'new'));
    const { events } = await readUntil(4);
    expect(events.map(toText)).toEqual(['old', 'older by its xid', 'before anybody read', 'new']);
    expect(Date.now() - events[0]!.createTime.getTime()).toBeGreaterThan(3_500_000);
    for (const [index, { cursor }] of events.entries()) expect((await outbox.read(database, cursor, 10)).events).toEqual(events.slice(index + 1));
    for (const start of starts) expect((await outbox.read(database, start, 10)).events.at(-1)).toEqual(events[3]);
    await expect(outbox.read(database, cursor, 10)).rejects.toMatchObject(expired);
    await database.query({ name: 'make-foreign', text: 'update outbox_horizon set system_identifier = 1' });
    expect((await readUntil(4)).events.map(toText)).toEqual(events.map(toText));
    await close();
  });
});

describe('a sweep', () => {
  const week = 7 * 86_400_000;
  const makeOld = ({ database }: OpenOutbox, where: string) =>
    database.query({ name: `make-old-${where}`, text: `update outbox_events set create_time = now() - interval '7 days 1 minute' where ${where}` });
  let opened: OpenOutbox;
  beforeEach(async () => {
    opened = await openOutbox({ retentionMs: week, batchSize: 10 });
    const { database } = opened;
    await database.query({
      name: 'fill',
      text: insertEvents("select 'said' as type, null::uuid as subject, convert_to(n::text, 'UTF8') as payload from generate_series(1, 30) as n order by n"),
    });
  });
  afterEach(() => opened.close());

  it('removes what is older than the retention, and its cursors expire, that of the last one not', async () => {
    const { outbox, database, readUntil } = opened;
    expect(await outbox.sweep(database)).toBe(0);
    await makeOld(opened, 'id <= 25');
    const { events } = await readUntil(30);
    expect(await outbox.sweep(database)).toBe(25);
    expect((await readUntil(5)).events.map(toText)).toEqual(['26', '27', '28', '29', '30']);
    for (const { cursor } of events.slice(0, 24)) await expect(outbox.read(database, cursor, 10)).rejects.toMatchObject(expired);
    for (const { cursor } of events.slice(24)) await expect(outbox.read(database, cursor, 10)).resolves.toBeDefined();
    await makeOld(opened, 'true');
    const last = (await readUntil(5)).cursor;
    expect(await outbox.sweep(database)).toBe(5);
    expect(await outbox.read(database, last, 10)).toEqual({ events: [], cursor: last });
    expect(await outbox.currentCursor(database)).toBe(last);
  });

  it('ends at the first event that is young, so that what is left has no holes', async () => {
    const { outbox, database, readUntil } = opened;
    await readUntil(30);
    await makeOld(opened, 'id <> 15');
    expect(await outbox.sweep(database)).toBe(14);
    expect((await readUntil(16)).events.map(toText)[0]).toBe('15');
  });

  it('ends when it is told to, and leaves the work to another that is at it', async () => {
    const { outbox, database, readUntil } = opened;
    await readUntil(30);
    await makeOld(opened, 'true');
    expect(await outbox.sweep(database, AbortSignal.abort())).toBe(10);
    await database.transaction(async (tx) => {
      expect(await outbox.sweep(tx, AbortSignal.abort())).toBe(10);
      expect(await outbox.sweep(database)).toBe(0);
    });
    expect(await outbox.sweep(database)).toBe(10);
  });

  it('leaves what is held back, which has been read by nobody', async () => {
    const { outbox, database, append, begin, readUntil } = opened;
    await makeOld(opened, 'true');
    const { cursor } = await readUntil(30);
    const held = await begin();
    await append(held.tx, 'held');
    await database.transaction((tx) => append(tx, 'after'));
    await makeOld(opened, 'id > 30');
    expect(await outbox.sweep(database)).toBe(30);
    await held.end('commit');
    expect((await readUntil(2, cursor)).events.map(toText)).toEqual(['held', 'after']);
  });
});
