import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { installed } from '../test/support/settings';

const configured = resolve(__dirname, '../../../docker/observability/prometheus');
const files = ['alerts.yml', 'slo.yml'].map((file) => join(configured, 'rules', file));
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-promtool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Rule {
  readonly alert?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly runbook_url: string };
}
const alerts = files
  .flatMap((file) => (parse(readFileSync(file, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules))
  .filter(({ alert }) => alert);

/** Series in promtool's notation, a value a minute: `1x10` stays, `0+5x10` grows by 5 ten times. */
type Series = Readonly<Record<string, string>>;
interface Case {
  readonly alert: string;
  /** When to look, after the series' begin. */
  readonly at: string;
  readonly fires: Series;
  /** What comes near to it. */
  readonly quiet: Readonly<Record<string, Series>>;
}

const process = 'job="user",instance="user:9051"';
const gateway = 'job="gateway",instance="gateway:9080"';
const up = Object.fromEntries(installed.map(({ name, ports }) => [`up{job="${name}",instance="${name}:${ports.admin}"}`, '1x5000']));
const getUser = 'gatehouse.user.v1.UserService/GetUser';
const calls = (code: string) => `rpc_client_call_duration_seconds_count{${gateway},rpc_method="${getUser}",rpc_status_code="${code}"}`;
const within = (seconds: string) => `rpc_client_call_duration_seconds_bucket{${gateway},rpc_method="${getUser}",rpc_status_code="OK",le="${seconds}"}`;
const requests = (status: number) =>
  `http_server_request_duration_seconds_count{${gateway},http_request_method="GET",http_route="/v1/users",http_response_status_code="${status}"}`;
const pool = (state: string) => `db_client_connections{${process},db_client_connection_pool_name="user",db_client_connection_state="${state}"}`;
const ofPool = (name: string) => `db_client_connection_${name}{${process},db_client_connection_pool_name="user"}`;
const check = (name: string) => `gatehouse_readiness_check_ok{${process},check="${name}"}`;
const certificateTime = (bound: string) => `tls_certificate_${bound}_seconds{${gateway},certificate="mtls"}`;
const certificates = (result: string) => `tls_certificate_renewals_total{${gateway},certificate="mtls",result="${result}"}`;

const cases: readonly Case[] = [
  {
    alert: 'ServiceDown',
    at: '5m',
    fires: { 'up{job="user",instance="user:9051"}': '0x10' },
    quiet: { 'a scrape that failed once': { 'up{job="user",instance="user:9051"}': '1x3 0 1x10' } },
  },
  {
    alert: 'KeysMissing',
    at: '5m',
    fires: { [`gatehouse_ready{${process}}`]: '0x10', [check('keys')]: '0x10' },
    quiet: { 'keys that are there': { [check('keys')]: '1x10' } },
  },
  {
    alert: 'RevocationsLate',
    at: '5m',
    fires: { [`revocations_feed_age_seconds{${process}}`]: '0+60x10' },
    quiet: { 'a feed that is taken up again': { [`revocations_feed_age_seconds{${process}}`]: '1 30 1x10' } },
  },
  {
    alert: 'ServiceNotReady',
    at: '5m',
    fires: { [`gatehouse_ready{${process}}`]: '0x10', [check('database')]: '0x10', [check('keys')]: '1x10' },
    quiet: { 'a start that takes a minute': { [`gatehouse_ready{${process}}`]: '0x1 1x10' } },
  },
  {
    alert: 'ServiceRestarting',
    at: '15m',
    fires: { [`process_start_time_seconds{${process}}`]: '100x3 400x3 700x3 1000x5' },
    quiet: { 'one release': { [`process_start_time_seconds{${process}}`]: '100x5 400x20' } },
  },
  {
    alert: 'EdgeFailures',
    at: '10m',
    fires: { [requests(200)]: '0+90x10', [requests(503)]: '0+10x10' },
    quiet: {
      'a request in a hundred': { [requests(200)]: '0+99x10', [requests(500)]: '0+1x10' },
      'a few at night': { [requests(200)]: '0+1x10', [requests(500)]: '0+1x10' },
      'callers that err': { [requests(200)]: '0+10x10', [requests(404)]: '0+90x10' },
    },
  },
  {
    alert: 'ChannelDown',
    at: '5m',
    fires: { [`rpc_client_channel_state{${process},target="auth:50052",state="transient_failure"}`]: '1x10' },
    quiet: { 'a channel that connects anew': { [`rpc_client_channel_state{${process},target="auth:50052",state="transient_failure"}`]: '0 1 0 1 0x10' } },
  },
  {
    alert: 'RetryBudgetSpent',
    at: '5m',
    fires: { [`rpc_client_retry_budget_ratio{${process},target="auth:50052"}`]: '0x10' },
    quiet: { 'a budget in use': { [`rpc_client_retry_budget_ratio{${process},target="auth:50052"}`]: '0.1x10' } },
  },
  {
    alert: 'CallsShed',
    at: '15m',
    fires: { [`rpc_server_shed_calls_total{${process},rpc_method="${getUser}"}`]: '0+5x20' },
    quiet: { 'one peak': { [`rpc_server_shed_calls_total{${process},rpc_method="${getUser}"}`]: '0x2 50x20' } },
  },
  {
    alert: 'RequestsShed',
    at: '15m',
    fires: { [`http_server_shed_requests_total{${gateway},reason="overflow"}`]: '0+5x20' },
    quiet: { 'one peak': { [`http_server_shed_requests_total{${gateway},reason="overflow"}`]: '0x2 50x20' } },
  },
  {
    alert: 'MailsWait',
    at: '20m',
    fires: { 'auth_mails_oldest_age_seconds{job="auth",instance="auth:9052"}': '0+60x30' },
    quiet: { 'a mail server that was away for a moment': { 'auth_mails_oldest_age_seconds{job="auth",instance="auth:9052"}': '0+60x9 0x20' } },
  },
  {
    alert: 'MailsGivenUp',
    at: '1h',
    fires: {
      'auth_mails_given_up_total{job="auth",instance="auth:9052",kind="verify_email",reason="refused"}': '0+1x60',
      'auth_mails_sent_total{job="auth",instance="auth:9052",kind="verify_email"}': '0+2x60',
    },
    quiet: {
      'few of many': {
        'auth_mails_given_up_total{job="auth",instance="auth:9052",kind="verify_email",reason="refused"}': '0+1x60',
        'auth_mails_sent_total{job="auth",instance="auth:9052",kind="verify_email"}': '0+20x60',
      },
    },
  },
  {
    alert: 'PasswordsRefused',
    at: '15m',
    fires: { 'auth_password_hash_refused_total{job="auth",instance="auth:9052"}': '0+5x20' },
    quiet: { 'one peak': { 'auth_password_hash_refused_total{job="auth",instance="auth:9052"}': '0x2 50x20' } },
  },
  {
    alert: 'PoolExhausted',
    at: '5m',
    fires: { [ofPool('pending_requests')]: '4x10', [pool('used')]: '10x10', [pool('idle')]: '0x10', [ofPool('max')]: '10x10' },
    quiet: {
      'a pool that still opens connections': { [ofPool('pending_requests')]: '4x10', [pool('used')]: '7x10', [ofPool('max')]: '10x10' },
      'a full pool for which nobody waits': { [ofPool('pending_requests')]: '0x10', [pool('used')]: '10x10', [ofPool('max')]: '10x10' },
    },
  },
  {
    alert: 'EventLoopBlocked',
    at: '10m',
    fires: { [`nodejs_eventloop_delay_p99_seconds{${process}}`]: '0.5x20' },
    quiet: { 'a pause': { [`nodejs_eventloop_delay_p99_seconds{${process}}`]: '0.01x5 0.5 0.01x20' } },
  },
  {
    alert: 'EventLoopBusy',
    at: '20m',
    fires: {
      [`nodejs_eventloop_time_seconds_total{${process},nodejs_eventloop_state="active"}`]: '0+58x30',
      [`nodejs_eventloop_time_seconds_total{${process},nodejs_eventloop_state="idle"}`]: '0+2x30',
    },
    quiet: {
      'a process with time to spare': {
        [`nodejs_eventloop_time_seconds_total{${process},nodejs_eventloop_state="active"}`]: '0+40x30',
        [`nodejs_eventloop_time_seconds_total{${process},nodejs_eventloop_state="idle"}`]: '0+20x30',
      },
    },
  },
  {
    alert: 'HeapNearLimit',
    at: '15m',
    fires: { [`nodejs_heap_used_bytes{${process}}`]: '95x20', [`nodejs_heap_limit_bytes{${process}}`]: '100x20' },
    quiet: { 'a heap in use': { [`nodejs_heap_used_bytes{${process}}`]: '80x20', [`nodejs_heap_limit_bytes{${process}}`]: '100x20' } },
  },
  {
    alert: 'SpansDropped',
    at: '20m',
    fires: { [`span_dropped_total{${process},reason="export_failed"}`]: '0+5x30' },
    quiet: { 'a collector that is restarted': { [`span_dropped_total{${process},reason="export_failed"}`]: '0x3 50x30' } },
  },
  {
    alert: 'LogLinesDropped',
    at: '20m',
    fires: { [`log_dropped_total{${process}}`]: '0+5x30' },
    quiet: { 'one loss': { [`log_dropped_total{${process}}`]: '0x3 50x30' } },
  },
  {
    alert: 'CertificateRefused',
    at: '20m',
    fires: { [certificates('refused')]: '0x5 1x30', [certificates('used')]: '0x30' },
    quiet: { 'a file that was seen half written': { [certificates('refused')]: '0x5 1x30', [certificates('used')]: '0x6 1x30' } },
  },
  {
    alert: 'CertificateExpiresSoon',
    at: '20m',
    fires: { [certificateTime('not_before')]: '0x30', [certificateTime('not_after')]: '1000x30' },
    quiet: { 'one that is renewed': { [certificateTime('not_before')]: '0x10 600x30', [certificateTime('not_after')]: '1000x10 4200x30' } },
  },
  {
    alert: 'RateLimitStoreDown',
    at: '10m',
    fires: { [`gateway_rate_limit_store_up{${gateway}}`]: '0x20' },
    quiet: { 'a store that is restarted': { [`gateway_rate_limit_store_up{${gateway}}`]: '1x4 0 0 1x20' } },
  },
  {
    alert: 'VersionSkew',
    at: '45m',
    fires: { [`gatehouse_build_info{${process},version="1"}`]: '1x60', [`gatehouse_build_info{${gateway},version="2"}`]: '1x60' },
    quiet: {
      'a release that takes ten minutes': {
        [`gatehouse_build_info{${process},version="1"}`]: '1x10 _x60',
        [`gatehouse_build_info{${gateway},version="2"}`]: '_x4 1x60',
      },
    },
  },
  // 2 % of the calls is 40 times what 0.9995 allows, 1 % is 20 times, 0.1 % twice
  {
    alert: 'AvailabilityBudgetBurn',
    at: '70m',
    fires: { [calls('OK')]: '0+98x100', [calls('UNAVAILABLE')]: '0+2x100' },
    quiet: {
      'callers that err': { [calls('OK')]: '0+50x100', [calls('NOT_FOUND')]: '0+50x100' },
      'a few failures at night': { [calls('OK')]: '0+1x100', [calls('INTERNAL')]: '0x60 1x20 4x20' },
    },
  },
  {
    alert: 'LatencyBudgetBurn',
    at: '70m',
    fires: { [calls('OK')]: '0+100x100', [within('0.1')]: '0+70x100', [within('0.25')]: '0+100x100' },
    quiet: {
      'a call in two hundred that is slow': { [calls('OK')]: '0+200x100', [within('0.1')]: '0+199x100' },
      'errors that are slow': { [calls('OK')]: '0+100x100', [within('0.1')]: '0+100x100', [calls('NOT_FOUND')]: '0+100x100' },
    },
  },
];

/** What promtool says when at a time the expression has to give the samples; '' where it does. */
function judge(series: Series, at: string, expr: string, samples: Readonly<Record<string, number>>, evaluated = '1m'): string {
  const file = join(folder, 'test.json');
  const input_series = Object.entries(series).map(([name, values]) => ({ series: name, values }));
  const exp_samples = Object.entries(samples).map(([labels, value]) => ({ labels, value }));
  writeFileSync(
    file,
    JSON.stringify({
      rule_files: files,
      evaluation_interval: evaluated,
      tests: [{ interval: '1m', input_series, promql_expr_test: [{ expr, eval_time: at, exp_samples }] }],
    }),
  );
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
  return status === 0 ? '' : stdout + stderr;
}
const firing = 'count by (alertname) (ALERTS{alertstate="firing"})';
const bySeverity = 'count by (severity) (ALERTS{alertname="AvailabilityBudgetBurn",alertstate="firing"})';

// both severities of a burn fire when it is that fast
const counts: Readonly<Record<string, number>> = { AvailabilityBudgetBurn: 4, LatencyBudgetBurn: 4 };

it.each(cases)('$alert fires when it should, and alone', ({ alert, at, fires }) => {
  expect(judge({ ...up, ...fires }, at, firing, { [`{alertname="${alert}"}`]: counts[alert] ?? 1 })).toBe('');
});

it.each(cases.flatMap(({ alert, at, quiet }) => Object.entries(quiet).map(([what, series]) => [alert, what, at, series] as const)))(
  '%s is not raised by %s',
  (_alert, _what, at, series) => {
    expect(judge({ ...up, ...series }, at, firing, {})).toBe('');
  },
);

it('a service that Prometheus knows nothing of is down', () => {
  const down = (job: string) => `ALERTS{alertname="ServiceDown",alertstate="firing",job="${job}",severity="page"}`;
  const missing = Object.fromEntries(installed.filter(({ name }) => name !== 'gateway').map(({ name }) => [down(name), 1]));
  expect(judge({ 'up{job="gateway",instance="gateway:9080"}': '1x10' }, '5m', 'ALERTS{alertstate="firing"}', missing)).toBe('');
});

it('a slow burn opens a ticket and wakes nobody', () => {
  // 0.2 % of the calls: 4 times what the objective allows
  expect(judge({ ...up, [calls('OK')]: '0+998x5000', [calls('INTERNAL')]: '0+2x5000' }, '4400m', bySeverity, { '{severity="ticket"}': 2 }, '5m')).toBe('');
});

it('failures that are over wake nobody any more', () => {
  const over = { ...up, [calls('OK')]: '0+98x100', [calls('UNAVAILABLE')]: '0+1x30 30x70' };
  expect(judge(over, '30m', bySeverity, { '{severity="page"}': 2, '{severity="ticket"}': 2 })).toBe('');
  expect(judge(over, '70m', bySeverity, { '{severity="ticket"}': 2 })).toBe('');
});

it('every alert is tested, says how urgent it is, and leads to its part of the runbook', () => {
  const runbook = readFileSync(resolve(__dirname, '../../../docs/runbook.md'), 'utf8');
  const sections = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name!).sort();
  const names = [...new Set(alerts.map(({ alert }) => alert!))].sort();
  expect(cases.map(({ alert }) => alert).sort()).toEqual(names);
  expect(sections).toEqual(names);
  for (const { alert, labels, annotations } of alerts) {
    expect(annotations.runbook_url).toBe(`docs/runbook.md#${alert!.toLowerCase()}`);
    expect(['page', 'ticket']).toContain(labels.severity);
  }
});

it('promtool finds nothing wrong with the configuration and the rules', () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', join(configured, 'prometheus.yml')], { encoding: 'utf8' });
  expect({ status, said: stdout + stderr }).toMatchObject({ status: 0 });
});
