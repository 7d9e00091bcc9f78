import { stat } from 'node:fs/promises';
import { createPasswords } from './passwords';

it('passwords leave a thread free for who looks up files and names, however many are waiting', async () => {
  const passwords = createPasswords();
  let hashed = 0;
  const flood = Promise.all(Array.from({ length: 40 }, () => passwords.hash('correct horse battery').then(() => hashed++)));
  for (let lookUps = 0; lookUps < 5; lookUps++) await stat(__filename);
  expect(hashed).toBeLessThan(40);
  await flood;
  expect(hashed).toBe(40);
});
