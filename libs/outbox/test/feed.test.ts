import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { createDatabase } from '@gatehouse/postgres';
import { createFeed, createOutbox, type EventBatch, type FeedOptions } from '../src';
import { cursorExpired } from './cursor-expired';
import { type OpenOutbox, openOutbox, toText } from './open-outbox';
import { listenBefore } from './switched-proxy';

let opened: OpenOutbox;
let start: string;
let end: AbortController;
const feedOf = (options: Partial<FeedOptions> = {}) =>
  createFeed({ database: opened.database, outbox: opened.outbox, pollMs: 10, heartbeatMs: 200, ...options });
const say = (...texts: string[]) => opened.database.transaction((tx) => opened.append(tx, ...texts));
/** Takes batches until it has `count` events; a mere heartbeat counts for nothing. */
async function take(batches: AsyncGenerator<EventBatch, void>, count: number) {
  const texts: string[] = [];
  let cursor = '';
  while (texts.length < count) {
    const { value, done } = await batches.next();
    if (done) throw new Error(`ended after ${texts.length} of ${count}`);
    texts.push(...value.events.map(toText));
    cursor = value.cursor;
  }
  return { texts, cursor };
}

beforeEach(async () => {
  opened = await openOutbox();
  start = await opened.outbox.currentCursor(opened.database);
  end = new AbortController();
});
afterEach(async () => {
  end.abort();
  await opened.close();
});

describe('a follower', () => {
  it('gets the first batch at once, also an empty one, what comes as it comes, and heartbeats where nothing does', async () => {
    const batches = feedOf().follow(start, end.signal);
    expect((await batches.next()).value).toEqual({ events: [], cursor: start, isLast: true });
    await say('one');
    expect((await take(batches, 1)).texts).toEqual(['one']);
    const { value } = await batches.next();
    expect(value).toEqual({ events: [], cursor: expect.any(String), isLast: true });
    expect((await batches.next()).value).toEqual(value);
    await say('two');
    expect((await take(batches, 1)).texts).toEqual(['two']);
  });

  it('is woken by the next look where heartbeats are rare', async () => {
    const batches = feedOf({ heartbeatMs: 3_600_000 }).follow(start, end.signal);
    await batches.next();
    for (const text of ['one', 'two', 'three']) {
      await say(text);
      expect((await take(batches, 1)).texts).toEqual([text]);
    }
  });

  it('that is behind gets what it missed a batch at a time, while others are not held up', async () => {
    await say(...Array.from({ length: 25 }, (_, index) => `${index}`));
    await opened.readUntil(25);
    const feed = feedOf({ batchSize: 10 });
    const slow = feed.follow(start, end.signal);
    expect((await slow.next()).value).toMatchObject({ events: { length: 10 } });
    const quick = feed.follow(start, end.signal);
    expect((await take(quick, 25)).texts).toHaveLength(25);
    expect((await take(slow, 15)).texts.at(-1)).toBe('24');
  });

  it('that is eager hears at once what a transaction that stays open holds back from others, and once alone', async () => {
    const eager = feedOf({ isEager: true }).follow(start, end.signal);
    const patient = feedOf().follow(start, end.signal);
    await Promise.all([eager.next(), patient.next()]);
    const open = await opened.begin();
    await say('one');
    await say('two');
    const early = await take(eager, 2);
    expect(early.texts).toEqual(['one', 'two']);
    expect((await patient.next()).value).toMatchObject({ events: [] });
    // whoever goes on from there hears it again, as it is not known yet what comes before
    expect((await take(feedOf({ isEager: true }).follow(early.cursor, end.signal), 2)).texts).toEqual(['one', 'two']);
    await opened.append(open.tx, 'zero');
    await open.end('commit');
    expect((await take(eager, 1)).texts).toEqual(['zero']);
    expect((await take(patient, 3)).texts).toEqual(['zero', 'one', 'two']);
    await say('three');
    expect((await take(eager, 1)).texts).toEqual(['three']);
  });

  it('that is eager hears of everything, once, however much a transaction that stays open holds back', async () => {
    const eager = feedOf({ isEager: true }).follow(start, end.signal);
    await eager.next();
    const open = await opened.begin();
    // its event gets the lowest id, and comes late
    const late = await opened.begin();
    await opened.append(late.tx, 'late');
    const many = Array.from({ length: 10_500 }, (_, index) => `${index}`);
    await say(...many);
    await say('after many');
    expect((await take(eager, 10_501)).texts).toEqual([...many, 'after many']);
    await late.end('commit');
    expect((await take(eager, 1)).texts).toEqual(['late']);
    await open.end('commit');
    await opened.readUntil(10_502, start);
    await say('after all');
    expect((await take(eager, 1)).texts).toEqual(['after all']);
  });

  it('that is eager learns when there is no more, also of what is held back', async () => {
    const open = await opened.begin();
    await say(...Array.from({ length: 25 }, (_, index) => `${index}`));
    const batches = feedOf({ isEager: true, batchSize: 10 }).follow(start, end.signal);
    const lengths: [number, boolean][] = [];
    for (let turn = 0; turn < 3; turn++) {
      const { value } = await batches.next();
      lengths.push([value!.events.length, value!.isLast]);
    }
    expect(lengths).toEqual([
      [10, false],
      [10, false],
      [5, true],
    ]);
    await open.end('commit');
  });

  it('that is eager learns that there is no more with what ceases to be held back while it reads', async () => {
    const { outbox } = opened;
    const open = await opened.begin();
    await say('one');
    const endFirst = async <T>(reading: Promise<T>) => {
      const read = await reading;
      await open.end('commit');
      return read;
    };
    const batches = feedOf({
      isEager: true,
      outbox: { ...outbox, read: (...all) => endFirst(outbox.read(...all)), readUnsettled: (...all) => endFirst(outbox.readUnsettled(...all)) },
    }).follow(start, end.signal);
    const { value } = await batches.next();
    expect([value!.events.map(toText), value!.isLast]).toEqual([['one'], true]);
    await say('two');
    expect((await take(batches, 1)).texts).toEqual(['two']);
  });

  it('that is eager hears heartbeats also while what it was told long since ceases to be held back, bit by bit', async () => {
    const open = [await opened.begin()];
    for (let count = 0; count < 7; count++) {
      await say(`${count}`);
      open.push(await opened.begin());
    }
    const batches = feedOf({ isEager: true, heartbeatMs: 100 }).follow(start, end.signal);
    await take(batches, 7);
    let isHeard = false;
    const heard = batches.next().then(({ value }) => {
      isHeard = true;
      expect(value).toMatchObject({ events: [] });
    });
    for (const { end } of open) {
      await pause(60);
      await end('commit');
    }
    expect(isHeard).toBe(true);
    await heard;
  });

  it('that is eager is told again rather than not at all, and the operator with it, where there are too many gaps to remember what it was told', async () => {
    const errors: unknown[] = [];
    const eager = feedOf({ isEager: true, batchSize: 2, maxGaps: 3, onError: (error) => errors.push(error) }).follow(start, end.signal);
    await eager.next();
    const open = await opened.begin();
    const many = Array.from({ length: 20 }, (_, index) => `${index}`);
    for (const text of many) {
      await say(text);
      const gap = await opened.begin();
      await opened.append(gap.tx, 'never');
      await gap.end('rollback');
    }
    const told = new Set<string>();
    while (told.size < many.length) for (const text of (await take(eager, 1)).texts) told.add(text);
    expect([...told].sort()).toEqual([...many].sort());
    expect(errors[0]).toMatchObject({ message: expect.stringContaining('more than 3 gaps') });
    await say('late');
    for (let texts: string[] = []; !texts.includes('late'); texts = (await take(eager, 1)).texts);
    await open.end('commit');
  });

  it('that was behind by full batches learns at once that there are no more, however rare heartbeats are', async () => {
    await say(...Array.from({ length: 20 }, (_, index) => `${index}`));
    await opened.readUntil(20);
    const batches = feedOf({ batchSize: 10, heartbeatMs: 3_600_000 }).follow(start, end.signal);
    const { cursor } = await take(batches, 20);
    expect((await batches.next()).value).toEqual({ events: [], cursor, isLast: true });
  });

  it('without a cursor begins with the oldest event that is kept', async () => {
    await say('one');
    expect((await take(feedOf().follow(undefined, end.signal), 1)).texts).toEqual(['one']);
  });

  it('ends when it is told to, while it waits, and before it began', async () => {
    const batches = feedOf({ heartbeatMs: 3_600_000 }).follow(start, end.signal);
    await batches.next();
    const waiting = batches.next();
    await pause(20);
    end.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await feedOf().follow(start, end.signal).next()).toEqual({ done: true, value: undefined });
  });

  it('is told when its cursor has expired, also in midstream', async () => {
    const batches = feedOf().follow(start, end.signal);
    await say('one');
    await take(batches, 1);
    await opened.database.query({ name: 'lose', text: 'delete from outbox_events' });
    await expect(take(batches, 1)).rejects.toMatchObject({ reason: 'CURSOR_EXPIRED' });
    await expect(feedOf().follow('forged', end.signal).next()).rejects.toMatchObject({ reason: 'CURSOR_EXPIRED' });
  });

  it('goes on without loss after the database was away, and hears nothing while it is', async () => {
    const proxy = await listenBefore(opened.url);
    const database = createDatabase({ url: proxy.url, applicationName: 'follower', connectTimeoutMs: 500 });
    const errors: unknown[] = [];
    const feed = createFeed({ database, outbox: createOutbox({ cursorExpired }), pollMs: 10, heartbeatMs: 50, onError: (error) => errors.push(error) });
    const batches = feed.follow(start, end.signal);
    await say('before');
    await take(batches, 1);
    proxy.cut();
    await say('meanwhile');
    const next = batches.next();
    let isHeard = false;
    void next.then(() => (isHeard = true));
    while (errors.length < 4) await pause(10);
    expect(isHeard).toBe(false);
    expect(errors).toEqual(errors.map(() => expect.objectContaining({ code: 'UNAVAILABLE' })));
    proxy.mend();
    await say('after');
    const texts = ((await next).value as EventBatch).events.map(toText);
    if (texts.length < 2) texts.push(...(await take(batches, 2 - texts.length)).texts);
    expect(texts).toEqual(['meanwhile', 'after']);
    end.abort();
    await batches.next();
    await database.close();
    await proxy.close();
  });
});

describe('a feed', () => {
  it('asks while it has followers, beside the calls that they came by', async () => {
    const call = new AsyncLocalStorage<AbortSignal>();
    const database = createDatabase({ url: opened.url, applicationName: 'follower', signal: () => call.getStore() });
    const lags: number[] = [];
    const calls = new Set<AbortSignal | undefined>();
    const feed = feedOf({
      database,
      onLag(seconds) {
        lags.push(seconds);
        calls.add(call.getStore());
      },
    });
    expect(lags).toEqual([]);
    const first = new AbortController();
    const one = await call.run(first.signal, async () => {
      const batches = feed.follow(start, first.signal);
      await batches.next();
      return batches;
    });
    const two = feed.follow(start, end.signal);
    await two.next();
    first.abort();
    expect((await one.next()).done).toBe(true);
    await say('one');
    expect((await take(two, 1)).texts).toEqual(['one']);
    end.abort();
    await two.next();
    // the last that is told: there is nobody any more
    while (lags.at(-1) !== 0 || lags.length === 0) await pause(10);
    await pause(30);
    const told = lags.length;
    await pause(50);
    expect(lags).toHaveLength(told);
    expect(calls).toEqual(new Set([undefined]));
    await database.close();
  });

  it('tells how old the oldest event is that a follower has not taken, also while a transaction holds it back', async () => {
    let lag = -1;
    const batches = feedOf({ onLag: (seconds) => (lag = seconds) }).follow(start, end.signal);
    await batches.next();
    while (lag !== 0) await pause(5);
    const held = await opened.begin();
    await say('held back');
    await opened.database.query({ name: 'make-older', text: "update outbox_events set create_time = create_time - interval '1 hour'" });
    while (lag < 3_600) await pause(5);
    expect(lag).toBeLessThan(3_700);
    await held.end('commit');
    await take(batches, 1);
    void batches.next();
    while (lag !== 0) await pause(5);
  });
});
