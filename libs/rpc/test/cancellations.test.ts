import { createCancelBudget } from '../src/cancel-budget';
import { caught, connect, pause, serve } from './connect';

it('callers who give up by the thousand do not take the connection from the others', async () => {
  const { target } = await serve(
    async ({ action }) => {
      if (action === 'slow') await pause(300);
      return { result: action };
    },
    { maxInFlight: 5_000 },
  );
  const client = connect(target);
  const bystander = async () => {
    const results: string[] = [];
    for (let index = 0; index < 150; index++) results.push((await client.act({ action: 'quick' })).result);
    return results;
  };
  const crowd = async () => {
    for (let round = 0; round < 12; round++) {
      const controller = new AbortController();
      const calls = Array.from({ length: 200 }, () => caught(client.act({ action: 'slow' }, { signal: controller.signal })));
      await pause(30);
      controller.abort();
      await Promise.all(calls);
    }
  };
  const [results] = await Promise.all([bystander(), crowd()]);
  expect(new Set(results)).toEqual(new Set(['quick']));
}, 60_000);

it('a budget of cancellations is spent at once or little by little, and grows again', () => {
  let now = 0;
  const budget = createCancelBudget(() => now);
  const takeAll = () => {
    let taken = 0;
    while (budget.take()) taken++;
    return taken;
  };
  expect(takeAll()).toBe(500);
  now += 1_000;
  expect(takeAll()).toBe(20);
  now += 3_600_000;
  expect(takeAll()).toBe(500);
});
