import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { send, signUp } from './support/http';
import { until } from './support/service-process';
import { withClient } from './support/with-client';

// `npm run proof` asks for the full size: so many kills, while so many refreshes a second are asked for
const [kills, people, perSecond] = process.env['PROOF'] === 'full' ? [20, 200, 200] : [3, 40, 60];
const patienceMs = 8_000;

let gatehouse: Gatehouse;
beforeAll(async () => (gatehouse = await startGatehouse()), 60_000);
afterAll(() => gatehouse.close());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One client that keeps its token, and asks again with the same one where there was no answer. */
async function refreshUntil(isOver: () => boolean, first: string, everyMs: number, done: { answers: number; retries: number; refused: string[] }) {
  let refreshToken = first;
  await pause(Math.random() * everyMs);
  while (!isOver()) {
    const next = Date.now() + everyMs;
    for (const since = Date.now(); ;) {
      const answer = await send(gatehouse.url, 'POST', '/v1/auth/refresh', { body: { refreshToken } }).catch(() => undefined);
      if (answer?.status === 200) {
        refreshToken = answer.body.refreshToken;
        done.answers++;
        break;
      }
      if (answer && answer.status < 500) {
        done.refused.push(`${answer.status} ${answer.body.reason}`);
        return refreshToken;
      }
      done.retries++;
      if (Date.now() - since > patienceMs) throw new Error('auth did not come back');
      await pause(100);
    }
    await pause(Math.max(0, next - Date.now()));
  }
  return refreshToken;
}

it(`nobody is logged out, and no token is spent twice, by ${kills} kills of auth while ${perSecond} tokens a second are refreshed`, async () => {
  const tokens: string[] = [];
  for (let count = 0; count < people; count++) tokens.push((await signUp(gatehouse.url, `refreshing-${count}@example.com`)).body.refreshToken);
  const done = { answers: 0, retries: 0, refused: [] as string[] };
  let isOver = false;
  const clients = tokens.map((token) => refreshUntil(() => isOver, token, (people / perSecond) * 1_000, done));
  for (let count = 0; count < kills; count++) {
    const before = done.answers;
    await until('tokens are refreshed', () => done.answers > before + perSecond, 60_000);
    gatehouse.processes.auth.child.kill('SIGKILL');
    await gatehouse.processes.auth.exited;
    gatehouse.start('auth');
    await gatehouse.ready();
  }
  isOver = true;
  const last = await Promise.all(clients);

  expect(done.refused).toEqual([]);
  expect(done.retries).toBeGreaterThan(0);
  for (const refreshToken of last) expect(await send(gatehouse.url, 'POST', '/v1/auth/refresh', { body: { refreshToken } })).toMatchObject({ status: 200 });
  // each use made one successor: a session has as many used tokens as it has tokens, less one
  const rows = await withClient(gatehouse.databases.auth, async (client) => {
    const { rows } = await client.query(
      `select count(*)::int as tokens, count(use_time)::int as used from refresh_tokens t join sessions s on s.id = t.session_id
       where s.revoke_time is null group by session_id`,
    );
    return rows as { tokens: number; used: number }[];
  });
  expect(rows.length).toBeGreaterThanOrEqual(people);
  expect(rows.filter(({ tokens, used }) => tokens !== used + 1)).toEqual([]);
}, 300_000);
