import { createTestCollector, type TestCollector } from '@gatehouse/observability/testing';
import { type Gatehouse, services, startGatehouse } from '../test/support/gatehouse';
import { logIn, send, signUp } from '../test/support/http';
import { type Prometheus, startPrometheus } from '../test/support/prometheus';
import { until } from '../test/support/service-process';

let collector: TestCollector;
let gatehouse: Gatehouse;
let prometheus: Prometheus;

beforeAll(async () => {
  collector = await createTestCollector();
  gatehouse = await startGatehouse({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
  prometheus = await startPrometheus(gatehouse);
});
afterAll(async () => {
  await prometheus?.close();
  await gatehouse?.close();
  await collector.close();
});

const ask: Prometheus['ask'] = (path, parameters) => prometheus.ask(path, parameters);

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
const findExemplars = (metric: string) =>
  ask<ExemplarSeries[]>('query_exemplars', { query: metric, start: String(Date.now() / 1000 - 300), end: String(Date.now() / 1000 + 60) });

it('Prometheus takes what each of the three services tells', async () => {
  let targets: Target[] = [];
  await until('every target was scraped', async () => {
    targets = (await ask<{ activeTargets: Target[] }>('targets')).activeTargets;
    return targets.length === services.length && targets.every(({ health }) => health !== 'unknown');
  });
  expect(targets.map(({ labels, health, lastError }) => [labels.job, health, lastError]).sort()).toEqual(services.map((service) => [service, 'up', '']).sort());
  expect((await query('gatehouse_build_info')).map(({ metric }) => [metric['job'], metric['service']]).sort()).toEqual(
    services.map((service) => [service, service]).sort(),
  );
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
