import { startChangingPeople } from './support/changing-people';
import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { logIn, send, signUp } from './support/http';
import { until } from './support/service-process';
import { withClient } from './support/with-client';

// `npm run proof` asks for the full size
const kills = process.env['PROOF'] === 'full' ? 20 : 4;

let gatehouse: Gatehouse;
beforeAll(async () => (gatehouse = await startGatehouse()), 60_000);
afterAll(() => gatehouse.close());

interface Person {
  readonly id: string;
  readonly refreshToken: string;
}
interface State {
  readonly id: string;
  readonly revision: string;
  readonly status: string;
}

const enter = async (email: string): Promise<Person> => {
  const { body } = await signUp(gatehouse.url, email);
  return { id: body.user.id, refreshToken: body.refreshToken };
};
const read = async <Row>(service: 'user' | 'auth', text: string, ids: readonly string[]): Promise<Row[]> =>
  withClient(gatehouse.databases[service], async (client) => (await client.query(text, [ids])).rows as Row[]);
const inUser = (ids: readonly string[]) =>
  read<State>(
    'user',
    `select id, revision, case when delete_time is null then status else 'deleted' end as status from users where id = any ($1) order by id`,
    ids,
  );
const inAuth = (ids: readonly string[]) =>
  read<State>('auth', 'select user_id as id, revision, status from known_people where user_id = any ($1) order by user_id', ids);
const withLiveSessions = async (ids: readonly string[]): Promise<string[]> =>
  (await read<{ user_id: string }>('auth', 'select distinct user_id from sessions where revoke_time is null and user_id = any ($1) order by user_id', ids)).map(
    ({ user_id }) => user_id,
  );
const kill = async (service: 'user' | 'auth') => {
  gatehouse.processes[service].child.kill('SIGKILL');
  await gatehouse.processes[service].exited;
  gatehouse.start(service);
};

it(`what auth knows of people is what user says, after ${kills} kills of both and a crash of PostgreSQL, while people are changed`, async () => {
  const [restless, steady]: [Person[], Person[]] = [[], []];
  for (let count = 0; count < 6; count++) restless.push(await enter(`restless-${count}@example.com`));
  for (let count = 0; count < 4; count++) steady.push(await enter(`steady-${count}@example.com`));
  const toIds = (people: readonly Person[]) => people.map(({ id }) => id).sort();
  const ids = toIds([...restless, ...steady]);
  const changing = startChangingPeople(gatehouse.url, await logIn(gatehouse.url, gatehouse.administrator), {
    restless: toIds(restless),
    steady: toIds(steady),
  });
  const untilChanged = (more: number) => {
    const before = changing.done();
    return until('people are changed', () => changing.done() >= before + more, 60_000);
  };
  await untilChanged(20);
  for (let count = 0; count < kills; count++) {
    await kill(count % 2 ? 'auth' : 'user');
    if (count === 2) await gatehouse.crashPostgres();
    await gatehouse.ready();
    await untilChanged(20);
  }
  await changing.stop();

  await until('auth knows what user says', async () => JSON.stringify(await inAuth(ids)) === JSON.stringify(await inUser(ids)), 30_000).catch(() => {});
  expect(await inAuth(ids)).toEqual(await inUser(ids));
  expect(changing.ended.size).toBeGreaterThan(0);
  expect((await withLiveSessions(ids)).filter((id) => changing.ended.has(id))).toEqual([]);
  expect(await withLiveSessions(ids)).toEqual(ids.filter((id) => !changing.ended.has(id)));
  for (const { refreshToken } of steady)
    expect(await send(gatehouse.url, 'POST', '/v1/auth/refresh', { body: { refreshToken } })).toMatchObject({ status: 200 });
}, 300_000);
