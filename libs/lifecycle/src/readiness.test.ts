import { setTimeout as pause } from 'node:timers/promises';
import { createReadiness, type Readiness, type ReadinessOptions } from './readiness';

let readiness: Readiness | undefined;
afterEach(() => readiness?.close());
const create = (options: ReadinessOptions) => (readiness = createReadiness({ intervalMs: 10, ...options }));
const until = async (holds: () => boolean) => {
  for (const end = Date.now() + 5_000; !holds();) {
    if (Date.now() > end) throw new Error('it never came true');
    await pause(5);
  }
};

describe('readiness', () => {
  it('is not there before the first round, and there once every check is well', async () => {
    const changes: boolean[] = [];
    const created = create({ checks: [{ name: 'database', check: async () => undefined }], onChange: (ready) => changes.push(ready) });
    expect(created.report()).toEqual({ ready: false, checks: { database: 'failing' } });
    await created.start();
    expect(created.report()).toEqual({ ready: true, checks: { database: 'ok' } });
    expect(created.isReady()).toBe(true);
    expect(changes).toEqual([true]);
  });

  it('is there without any check', async () => {
    await create({ checks: [] }).start();
    expect(readiness!.isReady()).toBe(true);
  });

  it('goes and comes with what a check finds, says why to the process and not to who asks', async () => {
    let error: Error | undefined = new Error('connect ECONNREFUSED 10.0.0.5:5432');
    const seen: unknown[] = [];
    const database = { name: 'database', check: async () => (error ? Promise.reject(error) : undefined) };
    const created = create({ checks: [database, { name: 'keys', check: async () => undefined }], onCheck: (name, cause) => seen.push([name, cause]) });
    await created.start();
    expect(created.report()).toEqual({ ready: false, checks: { database: 'failing', keys: 'ok' } });
    const first = error;
    error = undefined;
    await until(created.isReady);
    error = new Error('gone again');
    await until(() => !created.isReady());
    expect(seen).toEqual([
      ['database', first],
      ['database', undefined],
      ['database', error],
    ]);
  });

  it('counts a check that does not answer as failing, tells it so, and asks again', async () => {
    let hanging = true;
    const signals: AbortSignal[] = [];
    const check = (signal: AbortSignal) => {
      signals.push(signal);
      return hanging ? new Promise<void>(() => undefined) : Promise.resolve();
    };
    const created = create({ checks: [{ name: 'database', check }], timeoutMs: 20 });
    await created.start();
    expect(created.isReady()).toBe(false);
    expect(signals[0]!.aborted).toBe(true);
    hanging = false;
    await until(created.isReady);
    expect(signals.at(-1)!.aborted).toBe(false);
  });

  it('is gone at once and for good when the process drains', async () => {
    const changes: boolean[] = [];
    let rounds = 0;
    const created = create({ checks: [{ name: 'database', check: async () => void rounds++ }], onChange: (ready) => changes.push(ready) });
    await created.start();
    created.drain();
    expect(created.report()).toEqual({ ready: false, checks: { database: 'ok' } });
    const before = rounds;
    await until(() => rounds > before + 1);
    expect(created.isReady()).toBe(false);
    expect(changes).toEqual([true, false]);
  });

  it('asks no more when it is closed', async () => {
    let rounds = 0;
    const created = create({ checks: [{ name: 'database', check: async () => void rounds++ }] });
    await created.start();
    created.close();
    const before = rounds;
    await pause(60);
    expect(rounds).toBe(before);
  });
});
