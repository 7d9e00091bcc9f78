import { createTestCollector, type TestCollector } from '@gatehouse/observability/testing';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../test/support/free-port';
import { type Gatehouse, services, startGatehouse } from '../test/support/gatehouse';
import { logIn, send, signUp } from '../test/support/http';
import { until } from '../test/support/service-process';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-prometheus-'));
let collector: TestCollector;
let gatehouse: Gatehouse;
let prometheus: ChildProcess;
let url: string;

/** As an operator would run it: JSON is YAML too. */
async function startPrometheus(): Promise<void> {
  const port = await freePort();
  const jobs = services.map((service) => ({ job_name: service, static_configs: [{ targets: [`127.0.0.1:${gatehouse.ports[`${service}Admin`]}`] }] }));
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify({ global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: jobs }));
  const options = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`, '--enable-feature=exemplar-storage', '--log.level=warn'];
  prometheus = spawn('prometheus', options, { stdio: ['ignore', 'inherit', 'inherit'] });
  url = `http://127.0.0.1:${port}`;
  await until('Prometheus is ready', () => fetch(`${url}/-/ready`).then(({ ok }) => ok, () => false));
}

beforeAll(async () => {
  collector = await createTestCollector();
  gatehouse = await startGatehouse({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
  await startPrometheus();
});
afterAll(async () => {
  if (prometheus && prometheus.exitCode === null) {
    const gone = once(prometheus, 'exit');
    prometheus.kill('SIGTERM');
    await gone;
  }
  await gatehouse?.close();
  await collector.close();
  rmSync(folder, { recursive: true, force: true });
});

async function ask<Data>(path: string, parameters: Record<string, string> = {}): Promise<Data> {
  const { status, data } = (await (await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`)).json()) as { status: string; data: Data };
  expect(status).toBe('success');
  return data;
}

interface Target {
  readonly labels: { readonly job: string };
  readonly health: string;
  readonly lastError: string;
}
interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}
interface ExemplarSeries {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly { readonly labels: { readonly trace_id: string; readonly span_id: string } }[];
}

const query = (text: string) => ask<{ result: Sample[] }>('query', { query: text }).then(({ result }) => result);
const findExemplars = (metric: string) => ask<ExemplarSeries[]>('query_exemplars', { query: metric, start: String(Date.now() / 1000 - 300), end: String(Date.now() / 1000 + 60) });

it('Prometheus takes what each of the three services tells', async () => {
  let targets: Target[] = [];
  await until('every target was scraped', async () => {
    targets = (await ask<{ activeTargets: Target[] }>('targets')).activeTargets;
    return targets.length === services.length && targets.every(({ health }) => health !== 'unknown');
  });
  expect(targets.map(({ labels, health, lastError }) => [labels.job, health, lastError]).sort()).toEqual(services.map((service) => [service, 'up', '']).sort());
  expect((await query('gatehouse_build_info')).map(({ metric }) => [metric['job'], metric['service']]).sort()).toEqual(services.map((service) => [service, service]).sort());
});

it('an exemplar that Prometheus keeps leads to a span that the collector has', async () => {
  await signUp(gatehouse.url, 'exemplary@example.com');
  const token = await logIn(gatehouse.url, gatehouse.administrator);
  await send(gatehouse.url, 'GET', '/v1/users', { token });
  const metrics = {
    http_server_request_duration_seconds_bucket: ['gateway'],
    rpc_client_call_duration_seconds_bucket: ['auth', 'gateway'],
    rpc_server_call_duration_seconds_bucket: ['auth', 'user'],
    db_client_operation_duration_seconds_bucket: ['auth', 'user'],
    auth_password_hash_duration_seconds_bucket: ['auth'],
  };
  for (const [metric, jobs] of Object.entries(metrics)) {
    let series: ExemplarSeries[] = [];
    await until(`exemplars of ${metric}`, async () => {
      series = await findExemplars(metric);
      return jobs.every((job) => series.some(({ seriesLabels }) => seriesLabels['job'] === job));
    });
    for (const { seriesLabels, exemplars } of series)
      for (const { labels } of exemplars) {
        const [span] = await collector.waitForSpans(({ traceId, spanId }) => traceId === labels.trace_id && spanId === labels.span_id);
        expect(span!.serviceName).toBe(seriesLabels['job']);
        if (seriesLabels['rpc_method']) expect(span!.name).toBe(seriesLabels['rpc_method']);
      }
  }
});

it('counters keep their names in the format that Prometheus prefers', async () => {
  const [cpu] = await query('process_cpu_seconds_total{job="auth"}');
  expect(Number(cpu!.value[1])).toBeGreaterThan(0);
  expect((await query('span_exported_total{job="auth"}')).map(({ value }) => Number(value[1]) > 0)).toEqual([true]);
  expect(await query('{__name__=~".*_total_total"}')).toEqual([]);
});
