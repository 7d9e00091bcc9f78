import { type Gatehouse, startGatehouse } from '../test/support/gatehouse';
import { logIn, send, signUp } from '../test/support/http';
import { startKeyedWriters } from '../test/support/keyed-writers';
import { type PgBouncer, startPgBouncer } from '../test/support/pgbouncer';
import { startProcess, until } from '../test/support/service-process';
import { testWalk } from '../test/support/walk';
import { untilBlocked, whileHolding, withClient } from '../test/support/with-client';

// fewer than each service has callers, and than its own pool
const poolSize = 3;
const poolers: PgBouncer[] = [];
const behindPgBouncer = {
  withDatabases: async (databases: Gatehouse['databases']) => {
    const pooler = await startPgBouncer(databases, poolSize);
    poolers.push(pooler);
    return { ...pooler.settings };
  },
};
afterAll(async () => {
  for (const pooler of poolers) await pooler.close();
});

describe('the walk through PgBouncer in transaction mode', () => testWalk(async () => behindPgBouncer));

describe('behind PgBouncer in transaction mode', () => {
  let gatehouse: Gatehouse;
  let pooler: PgBouncer;
  beforeAll(async () => {
    gatehouse = await startGatehouse(behindPgBouncer);
    pooler = poolers.at(-1)!;
  });
  afterAll(() => gatehouse?.close());

  const backends = (service: 'user' | 'auth') =>
    withClient(
      gatehouse.superuser[service],
      async (client) =>
        (await client.query('select count(*)::int as count from pg_stat_activity where usename = $1', [`gatehouse_${service}`])).rows[0].count as number,
    );

  it('many sign up and ask who they are, over fewer connections than there are callers', async () => {
    const people = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const { status, body } = await signUp(gatehouse.url, `crowd-${index}@example.com`);
        const asked = await Promise.all(Array.from({ length: 8 }, () => send(gatehouse.url, 'GET', '/v1/users/me', { token: body.accessToken })));
        return [status, ...asked.map((answer) => answer.body.email)];
      }),
    );
    expect(people).toEqual(people.map((_, index) => [200, ...Array<string>(8).fill(`crowd-${index}@example.com`)]));
    for (const service of ['user', 'auth'] as const) {
      expect(await pooler.countClients(`gatehouse_${service}`)).toBeGreaterThan(poolSize);
      expect(await backends(service)).toBeLessThanOrEqual(poolSize);
    }
  });

  it('a call that runs out of time leaves no statement behind', async () => {
    const token = await logIn(gatehouse.url, gatehouse.administrator);
    await whileHolding(gatehouse.databases.user, 'lock table users in access exclusive mode', async () => {
      const late = send(gatehouse.url, 'GET', '/v1/users', { token, headers: { 'x-request-timeout': '2' } });
      await untilBlocked(gatehouse.superuser.user, 'from users');
      expect((await late).status).toBe(504);
      await until('the statement has ended', () =>
        withClient(
          gatehouse.superuser.user,
          async (client) => (await client.query("select 1 from pg_stat_activity where wait_event_type = 'Lock' and usename = 'gatehouse_user'")).rowCount === 0,
        ),
      );
    });
  });

  it('writes with an Idempotency-Key are each done exactly once, and none is lost, however often PgBouncer crashes', async () => {
    const token = await logIn(gatehouse.url, gatehouse.administrator);
    const { body: everybody } = await send(gatehouse.url, 'POST', '/v1/users', { token, body: { email: 'everybody@example.com' } });
    const writers = startKeyedWriters(gatehouse.url, token, everybody.id);
    for (let crash = 0; crash < 4; crash++) {
      const before = writers.changes.length;
      await until('writes are done', () => writers.changes.length > before + 20);
      await pooler.restart();
    }
    const before = writers.changes.length;
    await until('writes are done again', () => writers.changes.length > before + 20);
    await writers.stop();
    const revisions = writers.changes.map(({ etag }) => Number(etag.replaceAll('"', ''))).sort((one, other) => one - other);
    expect(revisions).toEqual(revisions.map((_, index) => index + 2));
    for (const person of writers.people) expect((await send(gatehouse.url, 'GET', `/v1/users/${person.id}`, { token })).body).toEqual(person);
    await gatehouse.ready();
  });

  it('migrate that is led through it all the same refuses, and leaves no lock in a session that others get', async () => {
    const { exited, stderr } = startProcess('user', { ...gatehouse.settings, USER_DATABASE_MIGRATION_URL: gatehouse.settings.USER_DATABASE_URL! }, ['migrate']);
    expect((await exited).code).toBe(1);
    expect(stderr()).toContain('a pooler answers in the place of PostgreSQL');
    expect(await gatehouse.run('user', 'migrate')).toBe('nothing to apply');
  });

  it('migrate asks for the way past it', async () => {
    const { USER_DATABASE_MIGRATION_URL: _, ...settings } = gatehouse.settings;
    const { exited, stderr } = startProcess('user', settings, ['migrate']);
    expect((await exited).code).toBe(1);
    expect(stderr()).toContain('USER_DATABASE_MIGRATION_URL: is required where USER_DATABASE_POOLER is transaction: migrations go straight to PostgreSQL');
  });
});
