import fastify from 'fastify';
import { createRateLimitStore } from '../src/edge/rate-limit-store';

it('ever new addresses cost a bounded amount of memory: those seen longest ago are forgotten first', async () => {
  const app = fastify();
  const count = createRateLimitStore(app, {}).createCounter({ name: 'client', points: 10, windowMs: 60_000 });
  await app.ready();
  const usedOf = async (key: string) => 10 - (await count(key)).remaining;
  expect([await usedOf('first'), await usedOf('first')]).toEqual([1, 2]);
  for (let index = 0; index < 49_999; index++) await count(`2001:db8:${index.toString(16)}::`);
  expect(await usedOf('first')).toBe(3);
  for (let index = 50_000; index < 100_000; index++) await count(`2001:db8:0:${index.toString(16)}::`);
  expect(await usedOf('first')).toBe(1);
  await app.close();
});
