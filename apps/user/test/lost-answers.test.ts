import { descriptorSet, type User, UserServiceDefinition } from '@gatehouse/contracts/user';
import { isAppError } from '@gatehouse/errors';
import { createChannel, createClient } from '@gatehouse/rpc';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy';
import { adminId, startUser, type UserUnderTest } from './user-under-test';

let user: UserUnderTest;
let proxy: CuttingProxy;
let channel: ReturnType<typeof createChannel>;
beforeAll(async () => {
  user = await startUser();
  proxy = await startCuttingProxy(user.target, 15);
  channel = createChannel({ target: proxy.target, descriptorSets: [descriptorSet] });
});
afterAll(async () => {
  channel.close();
  await proxy.close();
  await user.close();
});

/** Asks with the same request_id until there is an answer. */
async function untilAnswered<T>(ask: (requestId: string) => Promise<T>): Promise<T> {
  const requestId = randomUUID();
  for (let left = 100; ; left--)
    try {
      return await ask(requestId);
    } catch (error) {
      if (left === 0 || (!isAppError(error, 'UNAVAILABLE') && !isAppError(error, 'REQUEST_IN_PROGRESS'))) throw error;
      await pause(20);
    }
}

it('writes with a request_id whose answers get lost on the way are each done exactly once', async () => {
  const admin = await user.asAdmin();
  const token = await user.issuer.accessToken({ id: adminId, permissions: ['users.create', 'users.read', 'users.update'] });
  const client = createClient(UserServiceDefinition, channel, { credentials: async () => token });
  // all writers change one person, so that a change that were done twice would be counted twice
  const { id } = await admin.createUser({ email: 'everybody@example.com' });
  const changed: User[] = [];
  const made: User[] = [];
  const [writers, rounds] = [8, 40];
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      for (let round = 0; round < rounds; round++) {
        changed.push(await untilAnswered((requestId) => client.updateUser({ user: { id, displayName: `${writer}-${round}` }, requestId })));
        made.push(await untilAnswered((requestId) => client.createUser({ email: `${writer}-${round}@example.com`, requestId })));
      }
    }),
  );
  expect(proxy.cuts).toBeGreaterThan(10);

  const revisions = changed.map(({ etag }) => Number(etag.replaceAll('"', ''))).sort((one, other) => one - other);
  expect(revisions).toEqual(Array.from({ length: writers * rounds }, (_, index) => index + 2));
  const last = changed.find(({ etag }) => etag === `"${writers * rounds + 1}"`)!;
  expect(await admin.getUser({ id })).toEqual(last);
  for (const person of made) expect(await admin.getUser({ id: person.id })).toEqual(person);
  expect(new Set(made.map((person) => person.id)).size).toBe(writers * rounds);
});
