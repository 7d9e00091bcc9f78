import { Client } from 'pg';
import { connect } from 'node:net';
import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { logIn, send, signUp } from './support/http';
import { startKeyedWriters } from './support/keyed-writers';
import { startLoad } from './support/load';
import { until } from './support/service-process';

let gatehouse: Gatehouse;
beforeAll(async () => (gatehouse = await startGatehouse()));
afterAll(() => gatehouse.close());

const password = 'correct horse battery';

describe('a sign-up that a crash of auth cut short', () => {
  const canLogIn = async (email: string, withPassword: string) =>
    (await send(gatehouse.url, 'POST', '/v1/auth/login', { body: { email, password: withPassword } })).status === 200;
  let adminToken: string;
  beforeAll(async () => (adminToken = await logIn(gatehouse.url, gatehouse.administrator)));

  const killAuth = async () => {
    gatehouse.processes.auth.child.kill('SIGKILL');
    await gatehouse.processes.auth.exited;
    gatehouse.start('auth');
    await until('auth is back', async () => (await gatehouse.readyz('auth')) === 200);
  };
  const auth = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ connectionString: gatehouse.databases.auth });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const pendingSignUps = (email: string) =>
    auth(async (client) => (await client.query('select user_id from pending_sign_ups where email = $1', [email])).rows.length);

  it('before user created the person is taken up by the next attempt', async () => {
    const email = 'before@example.com';
    gatehouse.processes.user.child.kill('SIGSTOP');
    const cut = signUp(gatehouse.url, email, 'the first password').catch(() => undefined);
    await until('the sign-up is pending', async () => (await pendingSignUps(email)) === 1);
    const restarted = killAuth();
    gatehouse.processes.user.child.kill('SIGCONT');
    await restarted;
    await cut;
    expect(await signUp(gatehouse.url, email, password)).toMatchObject({ status: 200, body: { user: { email } } });
    expect(await canLogIn(email, password)).toBe(true);
    expect(await canLogIn(email, 'the first password')).toBe(false);
    expect(await signUp(gatehouse.url, email, password)).toMatchObject({ status: 409 });
  });

  it('after user created the person is taken up by the next attempt', async () => {
    const email = 'after@example.com';
    await auth(async (client) => {
      // nobody gets credentials while this stands
      await client.query('begin; lock table credentials in access exclusive mode');
      const cut = signUp(gatehouse.url, email, 'the first password').catch(() => undefined);
      await until('user has the person', async () => {
        const { body } = await send(gatehouse.url, 'GET', '/v1/users?pageSize=200', { token: adminToken });
        return body.users.some((user: { email: string }) => user.email === email);
      });
      await killAuth();
      await client.query('rollback');
      await cut;
    });
    expect(await signUp(gatehouse.url, email, password)).toMatchObject({ status: 200, body: { user: { email } } });
    expect(await canLogIn(email, password)).toBe(true);
    expect(await canLogIn(email, 'the first password')).toBe(false);
  });
});

it('fifty refreshes of one token at once give one and the same successor', async () => {
  const { body } = await signUp(gatehouse.url, 'tabs@example.com');
  const refresh = (refreshToken: string) => send(gatehouse.url, 'POST', '/v1/auth/refresh', { body: { refreshToken } });
  const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(body.refreshToken)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const successors = new Set(answers.map((answer) => answer.body.refreshToken));
  expect(successors.size).toBe(1);
  expect(successors).not.toContain(body.refreshToken);
  expect((await refresh([...successors][0])).status).toBe(200);
});

it('a client that vanishes in the middle of a request harms nobody', async () => {
  for (let index = 0; index < 20; index++)
    await new Promise<void>((resolve) => {
      const body = JSON.stringify({ email: 'nobody@example.com', password });
      const socket = connect(gatehouse.ports.http, '127.0.0.1', () => {
        socket.write(`POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        setTimeout(() => {
          socket.destroy();
          resolve();
        }, index);
      });
    });
  expect((await send(gatehouse.url, 'GET', '/healthz')).status).toBe(200);
  for (const { child } of Object.values(gatehouse.processes)) expect(child.exitCode).toBeNull();
});

it('readiness tells the truth while PostgreSQL is away, and all heals within two seconds of its return', async () => {
  const { body } = await signUp(gatehouse.url, 'outage@example.com');
  const me = () => send(gatehouse.url, 'GET', '/v1/users/me', { token: body.accessToken });
  await gatehouse.withoutPostgres(async () => {
    await until('user and auth are not ready', async () => (await gatehouse.readyz('user')) === 503 && (await gatehouse.readyz('auth')) === 503, 10_000);
    expect(await me()).toMatchObject({ status: 503, type: 'application/problem+json', body: { code: 'UNAVAILABLE' } });
    for (const port of [gatehouse.ports.userAdmin, gatehouse.ports.authAdmin]) expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  });
  const healed = await until('all is ready again', async () => (await gatehouse.readyz('user')) === 200 && (await gatehouse.readyz('auth')) === 200);
  expect(healed).toBeLessThan(2_000);
  expect((await me()).status).toBe(200);
});

it('writes with an Idempotency-Key are each done exactly once, and none is lost, however often processes are killed', async () => {
  const token = await logIn(gatehouse.url, gatehouse.administrator);
  const { body: everybody } = await send(gatehouse.url, 'POST', '/v1/users', { token, body: { email: 'everybody@example.com' } });
  const writers = startKeyedWriters(gatehouse.url, token, everybody.id);
  for (const name of ['user', 'user', 'gateway', 'user', 'user'] as const) {
    const before = writers.changes.length;
    await until('writes are done', () => writers.changes.length > before + 20);
    gatehouse.processes[name].child.kill('SIGKILL');
    await gatehouse.processes[name].exited;
    gatehouse.start(name);
    await until(`${name} is back`, async () => (await gatehouse.readyz(name)) === 200);
  }
  await writers.stop();

  // all change one person: a change done twice would be a revision that nobody was told of, one that was lost a gap
  const revisions = writers.changes.map(({ etag }) => Number(etag.replaceAll('"', ''))).sort((one, other) => one - other);
  expect(revisions).toEqual(revisions.map((_, index) => index + 2));
  const { body: last } = await send(gatehouse.url, 'GET', `/v1/users/${everybody.id}`, { token });
  expect(last).toEqual(writers.changes.find(({ etag }) => etag === `"${revisions.length + 1}"`));
  for (const person of writers.people) expect((await send(gatehouse.url, 'GET', `/v1/users/${person.id}`, { token })).body).toEqual(person);
  expect(new Set(writers.people.map(({ id }) => id)).size).toBe(writers.people.length);
});

it('SIGTERM under load: what was taken is answered, and every process ends with 0', async () => {
  const { body } = await signUp(gatehouse.url, 'load@example.com');
  const load = startLoad(gatehouse.url, body.accessToken);
  await until('there is load', () => load.statuses.length > 200);
  for (const name of ['gateway', 'auth', 'user'] as const) {
    gatehouse.processes[name].child.kill('SIGTERM');
    expect(await gatehouse.processes[name].exited).toEqual({ code: 0, signal: null });
  }
  await load.stop();
  expect(load.torn).toEqual([]);
  expect(new Set(load.statuses)).toEqual(new Set([200]));
});
