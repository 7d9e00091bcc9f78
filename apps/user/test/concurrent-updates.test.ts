import type { User } from '@gatehouse/contracts/user';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { adminId, administratorsPermissions, startUser, type UserUnderTest, verdictOf } from './user-under-test';

// `npm run proof` asks for the full size
const size = process.env['PROOF'] === 'full' ? 1_000 : 200;
const rounds = 3;

let user: UserUnderTest;
let admin: Awaited<ReturnType<UserUnderTest['asPerson']>>;
let ada: User;
beforeAll(async () => {
  user = await startUser();
  admin = await user.asPerson(adminId, administratorsPermissions);
  ada = await admin.createUser({ email: 'ada@example.com' });
});
afterAll(() => user.close());

/** Asks until the service has room for it; by its request_id, what was done and not heard is not done again. */
async function untilAdmitted(call: (requestId: string) => Promise<unknown>): Promise<string> {
  const requestId = randomUUID();
  for (;;) {
    const verdict = await verdictOf(call(requestId));
    if (!/OVERLOADED|DEADLINE_EXCEEDED|UNAVAILABLE|REQUEST_IN_PROGRESS/.test(verdict)) return verdict;
    // so far apart that the refusals themselves leave room
    await pause(Math.random() * size * 5);
  }
}

it(`of ${size} updates of one person at once with an etag, exactly one wins each round`, async () => {
  for (let round = 0; round < rounds; round++) {
    const { etag } = await admin.getUser({ id: ada.id });
    const writers = Array.from({ length: size }, (_, writer) => `${round}-${writer}`);
    const verdicts = await Promise.all(
      writers.map((displayName) =>
        untilAdmitted((requestId) => admin.updateUser({ user: { id: ada.id, displayName, etag }, requestId }, { deadlineMs: 60_000 })),
      ),
    );
    const winners = writers.filter((_, writer) => verdicts[writer] === 'OK');
    expect(winners).toHaveLength(1);
    expect(new Set(verdicts)).toEqual(new Set(['OK', 'ABORTED ETAG_MISMATCH']));
    expect(await admin.getUser({ id: ada.id })).toMatchObject({ displayName: winners[0], etag: `"${round + 2}"` });
  }
}, 300_000);

it(`of ${size} updates of one person at once with masks on different fields, none is lost`, async () => {
  const fields = { displayName: 'display_name', givenName: 'given_name', familyName: 'family_name', username: 'username' } as const;
  const names = Object.keys(fields) as (keyof typeof fields)[];
  const before = await admin.getUser({ id: ada.id });
  const seen = names.map(() => [] as string[]);
  const verdicts = await Promise.all(
    Array.from({ length: size }, (_, writer) => {
      const name = names[writer % names.length]!;
      const value = `w${writer}`;
      return untilAdmitted(async (requestId) => {
        const after = await admin.updateUser({ user: { id: ada.id, [name]: value }, updateMask: [fields[name]], requestId }, { deadlineMs: 60_000 });
        expect(after[name]).toBe(value);
        seen[writer % names.length]!.push(after.etag);
      });
    }),
  );
  expect(new Set(verdicts)).toEqual(new Set(['OK']));
  // each was a change of its own, and of each field the last one stands
  const etags = seen.flat().map((etag) => Number(etag.replaceAll('"', '')));
  expect(new Set(etags).size).toBe(size);
  const after = await admin.getUser({ id: ada.id });
  expect(Number(after.etag.replaceAll('"', '')) - Number(before.etag.replaceAll('"', ''))).toBeGreaterThanOrEqual(size);
  for (const name of names) expect(after[name]).toMatch(/^w\d+$/);
}, 300_000);

it('an update of external ids that waited for another one is not taken for what was there before', async () => {
  const before = [{ provider: 'okta', id: 'before' }];
  const { id } = await admin.createUser({ email: 'waits@example.com', externalIds: before });
  const other = new Client({ connectionString: user.databaseUrl });
  await other.connect();
  await other.query('begin');
  await other.query('select from users where id = $1 for update', [id]);
  await other.query(`update user_external_ids set external_id = 'meanwhile' where user_id = $1`, [id]);
  const update = admin.updateUser({ user: { id, externalIds: before }, updateMask: ['external_ids'] });
  while (!(await user.query(`select from pg_locks where not granted`)).length) await pause(20);
  await other.query('commit');
  await other.end();
  expect((await update).externalIds).toEqual(before);
  expect((await admin.getUser({ id })).externalIds).toEqual(before);
});
