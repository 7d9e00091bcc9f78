import { type AuthUnderTest, startAuth } from './auth-under-test';

let under: AuthUnderTest;
beforeAll(async () => (under = await startAuth()));
afterAll(() => under.close());

const run = (name: string, text: string) => under.database.query<{ count: number }>({ name, text });
const insertSessions = (count: number, age: string) =>
  run(
    `insert-sessions-${count}-${age}`,
    `insert into sessions (id, user_id, expire_time) select gen_random_uuid(), gen_random_uuid(), now() - interval '${age}' from generate_series(1, ${count})`,
  );
const left = async (table: string) => (await run(`count-${table}`, `select count(*)::int as count from ${table}`))[0]!.count;

it('what is past its time is removed, however much it is, and nothing else', async () => {
  const { user } = await under.auth.signUp({ email: 'ada@example.com', password: 'correct horse battery' });
  await insertSessions(2_100, '2 days');
  // over, but for less than a day
  await insertSessions(3, '1 hour');
  await run(
    'insert-expired',
    `insert into refresh_tokens (token_hash, session_id, expire_time) select sha256(id::text::bytea), id, expire_time from sessions where user_id <> '${user!.id}'`,
  );
  await under.app.sweeper.sweepSessions();
  expect([await left('sessions'), await left('refresh_tokens')]).toEqual([4, 1]);
});

it('what another holds is left for the next time: of several replicas none waits for the other', async () => {
  await insertSessions(3, '3 days');
  await under.database.transaction(async (tx) => {
    await tx.query({ name: 'hold', text: `select id from sessions where expire_time < now() - interval '1 day' limit 1 for update` });
    await under.app.sweeper.sweepSessions();
    expect(await left('sessions')).toBe(5);
  });
  await under.app.sweeper.sweepSessions();
  expect(await left('sessions')).toBe(4);
});
