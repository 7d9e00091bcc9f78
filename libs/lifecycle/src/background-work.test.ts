import { createBackgroundWork } from './background-work';

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
const until = async (condition: () => boolean) => {
  while (!condition()) await turn();
};

describe('work in the background', () => {
  it('runs again and again, whatever it throws, and ends with its process', async () => {
    const errors: unknown[] = [];
    let runs = 0;
    const background = createBackgroundWork({ isActive: () => true, onError: (error) => errors.push(error) });
    background.every(1, async () => {
      runs++;
      throw new Error(`run ${runs}`);
    });
    await until(() => runs >= 3);
    await background.close();
    const before = runs;
    for (let count = 0; count < 5; count++) await turn();
    expect(runs).toBe(before);
    expect(errors).toHaveLength(runs);
  });

  it('waits for what it needs, and for itself', async () => {
    let isActive = false;
    let asked = 0;
    let runs = 0;
    const release = Promise.withResolvers<void>();
    const background = createBackgroundWork({ isActive: () => (asked++, isActive), onError: () => {} });
    background.every(1, async () => {
      runs++;
      await release.promise;
    });
    await until(() => asked >= 3);
    expect(runs).toBe(0);
    isActive = true;
    await until(() => runs === 1);
    for (let count = 0; count < 5; count++) await turn();
    expect(runs).toBe(1);
    release.resolve();
    await until(() => runs > 1);
    await background.close();
  });

  it('is told to end, and is waited for', async () => {
    let hasEnded = false;
    let hasBegun = false;
    const background = createBackgroundWork({ isActive: () => true, onError: () => {} });
    background.every(1, async (signal) => {
      hasBegun = true;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      await turn();
      hasEnded = true;
    });
    await until(() => hasBegun);
    await background.close();
    expect(hasEnded).toBe(true);
  });
});
