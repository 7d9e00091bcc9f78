import { stat } from 'node:fs/promises';
import { hash } from '@node-rs/argon2';
import { toStoredHash } from '../accounts/foreign-hashes/stored-hash';
import { createPasswords } from './passwords';
import type { TurnsState } from '../turns';

it('passwords leave a thread free for who looks up files and names, however many are waiting', async () => {
  const passwords = createPasswords();
  let hashed = 0;
  const flood = Promise.all(Array.from({ length: 40 }, () => passwords.hash('correct horse battery').then(() => hashed++)));
  for (let lookUps = 0; lookUps < 5; lookUps++) await stat(__filename);
  expect(hashed).toBeLessThan(40);
  await flood;
  expect(hashed).toBe(40);
});

describe('a hash that costs less than ours', () => {
  let state: () => TurnsState = () => ({ running: 0, waiting: 0, concurrency: 0 });
  const observer = { open: (given: () => TurnsState) => void (state = given), waited: () => {}, worked: () => {}, refused: () => {} };
  const passwords = createPasswords({ memoryKib: 65_536, passes: 4, observer });
  const cheap = hash('right', { memoryCost: 64, timeCost: 1, parallelism: 1 });
  const lastsMs = async (given: string, passwordHash?: string) => {
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const begun = performance.now();
      await passwords.verify(given, passwordHash);
      times.push(performance.now() - begun);
    }
    return Math.min(...times);
  };

  it.each([
    ['of before', async () => cheap],
    ['of another system', async () => toStoredHash(await cheap)],
  ])('%s is judged beside work of ours, so that no time tells that it is there', async (_, make) => {
    const passwordHash = await make();
    expect([await passwords.verify('right', passwordHash), await passwords.verify('wrong', passwordHash)]).toEqual([true, false]);
    const judged = passwords.verify('right', passwordHash);
    // both at the same time, and counted as two
    expect(state().running).toBe(2);
    await judged;
    expect(state().running).toBe(0);
    expect(await lastsMs('wrong', passwordHash)).toBeGreaterThan((await lastsMs('wrong')) / 2);
  });

  it('that is as ours takes one place', async () => {
    const judged = passwords.verify('wrong', await passwords.hash('right'));
    expect(state().running).toBe(1);
    expect(await judged).toBe(false);
  });
});
