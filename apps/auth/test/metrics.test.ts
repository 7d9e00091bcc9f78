import { type AuthUnderTest, startAuth, until, verdictOf } from './auth-under-test';

let under: AuthUnderTest;
beforeAll(async () => {
  under = await startAuth();
});
afterAll(() => under.close());

/** The value of each series. */
async function readMetrics(): Promise<Record<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${under.app.adminPort}/metrics`)).text();
  return Object.fromEntries(
    text
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
      .map((line) => [line.replace(/ \S+$/, ''), Number(/ (\S+)$/.exec(line)![1])]),
  );
}

const databaseName = () => new URL(under.settings.AUTH_DATABASE_URL!).pathname.slice(1);

it('the queue of passwords tells how much waits, how long, and what it refuses', async () => {
  const idle = await readMetrics();
  expect(idle).toMatchObject({ auth_password_hash_running: 0, auth_password_hash_waiting: 0, auth_password_hash_refused_total: 0 });
  const max = idle['auth_password_hash_max']!;
  expect(max).toBeGreaterThan(0);

  const verdicts = Promise.all(
    Array.from({ length: 180 }, (_, index) => verdictOf(under.auth.login({ email: `nobody-${index}@example.com`, password: 'no password' }))),
  );
  let busiest = 0;
  await until(async () => {
    const { auth_password_hash_waiting: waiting = 0, auth_password_hash_running: running } = await readMetrics();
    if (waiting > 0) expect(running).toBe(max);
    busiest = Math.max(busiest, waiting);
    return busiest > 0;
  });
  const refused = (await verdicts).filter((verdict) => verdict === 'RESOURCE_EXHAUSTED OVERLOADED').length;
  expect(busiest).toBeLessThanOrEqual(100);
  expect(await readMetrics()).toMatchObject({
    auth_password_hash_running: 0,
    auth_password_hash_waiting: 0,
    auth_password_hash_refused_total: refused,
    auth_password_hash_wait_seconds_count: 180 - refused,
    auth_password_hash_duration_seconds_count: 180 - refused,
  });
  expect(refused).toBeGreaterThan(0);
});

it('the pool tells its connections, and how long one was waited for', async () => {
  const before = await readMetrics();
  const pool = `db_client_connection_pool_name="${databaseName()}"`;
  const waits = `db_client_connection_wait_time_seconds_count{${pool},error_type=""}`;
  await verdictOf(under.auth.login({ email: 'nobody@example.com', password: 'no password' }));
  const after = await readMetrics();
  expect(after[waits]).toBeGreaterThan(before[waits] ?? 0);
  expect(after[`db_client_connection_max{${pool}}`]).toBe(10);
  expect(after[`db_client_connection_pending_requests{${pool}}`]).toBe(0);
  expect(after[`db_client_connections{${pool},db_client_connection_state="idle"}`]).toBeGreaterThan(0);
});

it('the channel to the user service tells its state and what is left of its retries', async () => {
  await verdictOf(under.auth.signUp({ email: 'ada@example.com', password: 'correct horse battery' }));
  const target = `target="${under.users.target}"`;
  expect(await readMetrics()).toMatchObject({
    [`rpc_client_channel_state{${target},state="ready"}`]: 1,
    [`rpc_client_channel_state{${target},state="transient_failure"}`]: 0,
    [`rpc_client_retry_budget_ratio{${target}}`]: 1,
  });
});
