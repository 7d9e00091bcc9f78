import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Gatehouse, startGatehouse } from '../test/support/gatehouse';
import { logIn, send, signUp } from '../test/support/http';
import { readPanelQueries } from '../test/support/operators-files';
import { type Prometheus, startPrometheus } from '../test/support/prometheus';

const workspace = resolve(__dirname, '../../..');
// `DASHBOARD_PICTURE=240` makes docs/figures/dashboard.svg of that many seconds
const pictured = Number(process.env['DASHBOARD_PICTURE'] ?? 0);
const seconds = pictured || 12;

let gatehouse: Gatehouse;
let prometheus: Prometheus;
beforeAll(
  async () => {
    gatehouse = await startGatehouse();
    prometheus = await startPrometheus(gatehouse);
    await load();
  },
  (seconds + 120) * 1000,
);
afterAll(async () => {
  await prometheus?.close();
  await gatehouse?.close();
});

/** People come and go, some of them with a wrong password or a wrong id. */
async function load(): Promise<void> {
  const { url, administrator } = gatehouse;
  const token = await logIn(url, administrator);
  const end = Date.now() + seconds * 1000;
  const again = async (work: (turn: number) => Promise<unknown>, ms: () => number) => {
    for (let turn = 0; Date.now() < end; turn++) await Promise.all([work(turn), pause(ms())]);
  };
  // more and less again
  const tide = () => 6 + 5 * Math.sin(Date.now() / 15_000);
  await Promise.all([
    ...Array.from({ length: 3 }, () =>
      again(
        () => send(url, 'GET', '/v1/users/me', { token }),
        () => 2 * tide(),
      ),
    ),
    again(
      () => send(url, 'GET', '/.well-known/jwks.json'),
      () => 15 * tide(),
    ),
    again(
      () => send(url, 'GET', '/v1/users?pageSize=20', { token }),
      () => 6 * tide(),
    ),
    again(
      () => send(url, 'GET', '/v1/users/019a0000-0000-7000-8000-000000000000', { token }),
      () => 20 * tide(),
    ),
    again(
      (turn) => signUp(url, `person-${turn}@example.com`),
      () => 120 * tide(),
    ),
    again(
      async (turn) => {
        const { body } = await send(url, 'POST', '/v1/auth/login', { body: turn % 4 ? administrator : { ...administrator, password: 'a wrong one' } });
        const { refreshToken } = body;
        if (turn % 2) await send(url, 'POST', '/v1/auth/refresh', { body: { refreshToken } });
        else if (refreshToken) await send(url, 'POST', '/v1/auth/logout', { body: { refreshToken } });
      },
      () => 50 * tide(),
    ),
  ]);
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}
interface Group {
  readonly name: string;
  readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[];
}

// what has no series as long as all is well
const ofTrouble = ['service: Calls that failed', 'service: Shed', 'service: Retries', 'database: Statements that failed'];
// beside what a panel shows of the mails that are sent
const givenUp = 'auth_mails_given_up_total';
// what there is with a replica alone
const ofReplicas = ['database: Reads that a replica might answer', 'database: Replica behind'];

it('a real Prometheus answers every panel, with data where nothing has to go wrong for it', async () => {
  const empty: string[] = [];
  for (const { title, expr } of readPanelQueries()) {
    const { result } = await prometheus.ask<{ result: Sample[] }>('query', { query: expr });
    if (!result.some(({ value }) => Number.isFinite(Number(value[1]))) && !expr.includes(givenUp)) empty.push(title);
  }
  expect([...new Set(empty)].filter((title) => ![...ofTrouble, ...ofReplicas].includes(title))).toEqual([]);
});

it('evaluates every rule, and has no reason for an alert', async () => {
  const { groups } = await prometheus.ask<{ groups: Group[] }>('rules');
  expect(groups.flatMap(({ rules }) => rules).length).toBeGreaterThan(80);
  expect(groups.flatMap(({ rules }) => rules.filter(({ health }) => health === 'err'))).toEqual([]);
  // how soon answers come is the machine's matter
  const { result } = await prometheus.ask<{ result: Sample[] }>('query', {
    query: 'count by (alertname) (ALERTS{alertstate="firing",alertname!="LatencyBudgetBurn"})',
  });
  expect(result.map(({ metric }) => metric['alertname'])).toEqual([]);
});

it('knows how each method that was called keeps to its objective', async () => {
  const called = [
    'gatehouse.user.v1.UserService/GetUser',
    'gatehouse.user.v1.UserService/ResolvePerson',
    'gatehouse.auth.v1.AuthService/Login',
    'gatehouse.verifier.v1.VerifierService/GetJwks',
  ];
  for (const query of [
    '1 - rpc_method:slo_faults:ratio_rate5m >= on (rpc_method) rpc_method:slo_availability:objective',
    'rpc_method:slo_slow:ratio_rate5m >= 0 and on (rpc_method) rpc_method:slo_latency:objective',
  ]) {
    const { result } = await prometheus.ask<{ result: Sample[] }>('query', { query });
    expect(result.map(({ metric }) => metric['rpc_method'])).toEqual(expect.arrayContaining(called));
  }
});

it('the fleet dashboard is drawn from what Prometheus answers', () => {
  const folder = pictured ? join(workspace, 'docs/figures') : mkdtempSync(join(tmpdir(), 'gatehouse-picture-'));
  execFileSync(process.execPath, ['tools/docs/dashboard-picture.mts', prometheus.url, String(seconds), join(folder, 'dashboard.svg')], { cwd: workspace });
  const picture = readFileSync(join(folder, 'dashboard.svg'), 'utf8');
  for (const { title } of readPanelQueries().filter((query) => query.title.startsWith('fleet: '))) expect(picture).toContain(title.replace('fleet: ', ''));
  expect(picture.length).toBeLessThan(200_000);
  if (!pictured) rmSync(folder, { recursive: true, force: true });
});
