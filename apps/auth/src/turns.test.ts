import { createTurns, type TurnsState } from './turns';

/** Work that ends when it is told to. */
function createWork() {
  let finish: () => void = () => {};
  const done = new Promise<void>((resolve) => (finish = resolve));
  return { run: () => done, finish };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  it('bound what runs, in the order in which it came', async () => {
    const inTurn = createTurns({ concurrency: 2, maxWaiting: 10 });
    const works = Array.from({ length: 4 }, createWork);
    const begun: number[] = [];
    const all = works.map(({ run }, index) =>
      inTurn(() => {
        begun.push(index);
        return run();
      }),
    );
    await settle();
    expect(begun).toEqual([0, 1]);
    works[1]!.finish();
    await settle();
    expect(begun).toEqual([0, 1, 2]);
    works.forEach(({ finish }) => finish());
    await Promise.all(all);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('refuse what would wait too long, and pass on after a failure', async () => {
    const inTurn = createTurns({ concurrency: 1, maxWaiting: 1 });
    const work = createWork();
    const first = inTurn(() => work.run().then(() => Promise.reject(new Error('failed'))));
    const second = inTurn(async () => 'second');
    await expect(inTurn(async () => 'third')).rejects.toMatchObject({ reason: 'OVERLOADED', retryDelayMs: 1_000 });
    work.finish();
    await expect(first).rejects.toThrow('failed');
    expect(await second).toBe('second');
    expect(await inTurn(async () => 'fourth')).toBe('fourth');
  });

  it('are not waited for by who has gone, and their place goes to the next', async () => {
    const inTurn = createTurns({ concurrency: 1, maxWaiting: 1 });
    const work = createWork();
    const first = inTurn(work.run);
    const controller = new AbortController();
    let isRun = false;
    const gone = inTurn(async () => void (isRun = true), { signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    const next = inTurn(async () => 'next');
    work.finish();
    await first;
    expect(await next).toBe('next');
    expect(isRun).toBe(false);
    await expect(inTurn(async () => 'late', { signal: controller.signal })).rejects.toThrow('gone');
  });

  it('are not all for the same one: where one waits with many, others still have a place', async () => {
    const inTurn = createTurns({ concurrency: 1, maxWaiting: 4, maxWaitingOfOne: 2 });
    const work = createWork();
    const waiting = ['one', 'one', 'one'].map((key) => inTurn(work.run, { key }));
    await expect(inTurn(work.run, { key: 'one' })).rejects.toMatchObject({ reason: 'OVERLOADED' });
    waiting.push(inTurn(work.run, { key: 'other' }), inTurn(work.run));
    await expect(inTurn(work.run, { key: 'third' })).rejects.toMatchObject({ reason: 'OVERLOADED' });
    work.finish();
    await Promise.all(waiting);
  });

  it('of work that takes two places begin as soon as one is free, and the next ones wait for both', async () => {
    let state: () => TurnsState = () => ({ running: -1, waiting: -1, concurrency: -1 });
    const observer = { open: (given: () => TurnsState) => void (state = given), waited: () => {}, worked: () => {}, refused: () => {} };
    const inTurn = createTurns({ concurrency: 2, maxWaiting: 10, observer });
    const works = Array.from({ length: 5 }, createWork);
    const all = [1, 2, 2, 1, 1].map((places, index) => inTurn(works[index]!.run, { places }));
    await settle();
    expect(state()).toEqual({ running: 3, waiting: 3, concurrency: 2 });
    works[0]!.finish();
    await settle();
    expect(state()).toEqual({ running: 2, waiting: 3, concurrency: 2 });
    works[1]!.finish();
    await settle();
    expect(state()).toEqual({ running: 2, waiting: 2, concurrency: 2 });
    works[2]!.finish();
    await settle();
    expect(state()).toEqual({ running: 2, waiting: 0, concurrency: 2 });
    works.forEach(({ finish }) => finish());
    await Promise.all(all);
    expect(state()).toEqual({ running: 0, waiting: 0, concurrency: 2 });
  });

  it('can be asked for a place before there is work, in the same way', async () => {
    const inTurn = createTurns({ concurrency: 1, maxWaiting: 1 });
    const work = createWork();
    const running = inTurn(work.run);
    inTurn.admit({});
    const waiting = inTurn(work.run);
    expect(() => inTurn.admit({})).toThrow(expect.objectContaining({ reason: 'OVERLOADED' }));
    work.finish();
    await Promise.all([running, waiting]);
    inTurn.admit({});
  });

  it('refuse at once what would not be done by its deadline, as far as work took its time before', async () => {
    const inTurn = createTurns({ concurrency: 1, maxWaiting: 10 });
    await inTurn(() => new Promise((resolve) => setTimeout(resolve, 50)));
    const work = createWork();
    const running = inTurn(work.run, { deadline: Date.now() + 1 });
    await expect(inTurn(work.run, { deadline: Date.now() + 60 })).rejects.toMatchObject({ reason: 'OVERLOADED' });
    const patient = inTurn(async () => 'done', { deadline: Date.now() + 60_000 });
    work.finish();
    await running;
    expect(await patient).toBe('done');
  });

  it('tell how much runs and waits, and of each turn', async () => {
    let state: () => TurnsState = () => ({ running: -1, waiting: -1, concurrency: -1 });
    const told: string[] = [];
    const inTurn = createTurns({
      concurrency: 1,
      maxWaiting: 1,
      observer: {
        open: (given) => (state = given),
        waited: (ms) => told.push(`waited ${ms >= 0}`),
        worked: (ms) => told.push(`worked ${ms >= 0}`),
        refused: () => told.push('refused'),
      },
    });
    expect(state()).toEqual({ running: 0, waiting: 0, concurrency: 1 });
    const work = createWork();
    const both = [inTurn(work.run), inTurn(work.run)];
    await expect(inTurn(work.run)).rejects.toThrow();
    expect(state()).toEqual({ running: 1, waiting: 1, concurrency: 1 });
    expect(told.sort()).toEqual(['refused', 'waited true']);
    work.finish();
    await Promise.all(both);
    expect(state()).toEqual({ running: 0, waiting: 0, concurrency: 1 });
    expect(told.slice(2).sort()).toEqual(['waited true', 'worked true', 'worked true']);
  });
});
