import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { type Gatehouse, services, startGatehouse } from './support/gatehouse';
import { send } from './support/http';
import { operatorsFolder, readPanelQueries, readRules, readVariables } from './support/operators-files';
import { readPromql } from './support/promql';
import { until } from './support/service-process';

let gatehouse: Gatehouse;
// labels of each metric that the three processes expose
const exposed = new Map<string, Set<string>>();

// labels that have no series until something happens are those of the registries, from which the page is made
const documented = new Map(
  [...readFileSync(resolve(__dirname, '../../../docs/metrics.md'), 'utf8').matchAll(/^\| `(\w+)` \| \w+ \| \w* \| ([^|]*) \|/gm)].map(([, name, labels]) => [
    name!,
    [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!),
  ]),
);

beforeAll(async () => {
  // with a replica, as its instruments are not there without: the primary will do for their names
  gatehouse = await startGatehouse({ withDatabases: async ({ user }) => ({ USER_DATABASE_READ_URL: user }) });
  await send(gatehouse.url, 'GET', '/v1/users/me');
  for (const service of services) {
    const text = await (await fetch(`http://127.0.0.1:${gatehouse.ports[`${service}Admin`]}/metrics`)).text();
    for (const [, name, type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm)) {
      const labels = new Set(documented.get(name!));
      for (const suffix of type === 'histogram' ? ['_bucket', '_count', '_sum'] : [''])
        exposed.set(name! + suffix, new Set([...labels, ...(suffix === '_bucket' ? ['le'] : [])]));
    }
  }
});
afterAll(() => gatehouse.close());

const rules = readRules();
const recorded = new Map(rules.flatMap(({ record }) => (record ? [[record, new Set(['rpc_method'])] as const] : [])));
// what Prometheus itself adds
const ofTarget = ['job', 'instance'];
const ofPrometheus = new Map([
  ['up', new Set<string>()],
  ['ALERTS', new Set(['alertname', 'alertstate', 'severity'])],
]);

/** What an expression asks for that nobody gives. */
function findUnknown(expr: string): string[] {
  const { metrics, grouping } = readPromql(expr);
  const known = new Map([...exposed, ...recorded, ...ofPrometheus]);
  const given = new Set([...ofTarget, ...metrics.flatMap(({ name }) => [...(known.get(name) ?? [])])]);
  return [
    ...metrics.filter(({ name }) => !known.has(name)).map(({ name }) => `metric ${name}`),
    ...metrics.flatMap(({ name, labels }) =>
      labels.filter((label) => ![...ofTarget, ...(known.get(name) ?? [])].includes(label)).map((label) => `${name}{${label}}`),
    ),
    ...grouping.filter((label) => !given.has(label)).map((label) => `by (${label})`),
  ];
}

it('the check itself finds a metric, a label and a grouping that nobody gives', () => {
  expect(findUnknown('sum by (le, tenant) (rate(rpc_server_call_duration_seconds_bucket{rpc_method="a",tenant="b"}[1m])) / rpc_server_calls')).toEqual([
    'metric rpc_server_calls',
    'rpc_server_call_duration_seconds_bucket{tenant}',
    'by (tenant)',
  ]);
  expect(() => findUnknown('sum by (rate(')).toThrow('no PromQL');
});

it('every panel of the dashboards asks for metrics and labels that the three services expose', () => {
  const queries = readPanelQueries();
  expect(queries.length).toBeGreaterThan(50);
  expect(queries.flatMap(({ title, expr }) => findUnknown(expr).map((unknown) => `${title}: ${unknown}`))).toEqual([]);
  const variables = readVariables();
  expect(variables.filter(({ metric, label }) => !exposed.has(metric) || ![...ofTarget, ...exposed.get(metric)!].includes(label))).toEqual([]);
});

it('so does every rule', () => {
  expect(rules.flatMap(({ record, alert, expr }) => findUnknown(expr).map((unknown) => `${record ?? alert}: ${unknown}`))).toEqual([]);
});

it('what the services measure is on a dashboard or in a rule', () => {
  const asked = new Set(
    [...readPanelQueries(), ...rules].flatMap(({ expr }) => readPromql(expr).metrics.map(({ name }) => name.replace(/_(bucket|count|sum)$/, ''))),
  );
  expect([...documented.keys()].filter((name) => !asked.has(name))).toEqual([]);
});

it('the contract has rules for each of its methods, by the name under which it is measured', async () => {
  const methods = rules.flatMap((rule) => (rule.record === 'rpc_method:slo_availability:objective' ? [rule.labels!['rpc_method']!] : []));
  expect(methods).toHaveLength(new Set(methods).size);
  const measured = await (await fetch(`http://127.0.0.1:${gatehouse.ports.authAdmin}/metrics`)).text();
  const served = [...measured.matchAll(/rpc_server_call_duration_seconds_count\{rpc_method="([^"]+)"/g)].map(([, method]) => method!);
  expect(served.length).toBeGreaterThan(0);
  for (const method of served.filter((name) => name.startsWith('gatehouse.'))) expect(methods).toContain(method);
});

const readYaml = (file: string) => parse(readFileSync(join(operatorsFolder, file), 'utf8'));

it('Prometheus scrapes the admin ports that the services have by default', () => {
  const settings = readFileSync(resolve(__dirname, '../../../docs/configuration.md'), 'utf8');
  const jobs = readYaml('prometheus/prometheus.yml').scrape_configs as { job_name: string; dns_sd_configs?: { names: string[]; port: number }[] }[];
  for (const service of services) {
    const [, port] = new RegExp(`\`${service.toUpperCase()}_ADMIN_PORT\` \\| \`(\\d+)\``).exec(settings)!;
    expect(jobs.find(({ job_name }) => job_name === service)?.dns_sd_configs).toMatchObject([{ names: [service], port: Number(port) }]);
  }
});

it('the collector runs each part that is set up, and sets up each part that runs', () => {
  const { service, ...parts } = readYaml('collector/collector.yml');
  const pipelines = Object.values(service.pipelines) as Record<string, string[]>[];
  for (const kind of ['receivers', 'processors', 'exporters'])
    expect([...new Set(pipelines.flatMap((pipeline) => pipeline[kind]!))].sort()).toEqual(Object.keys(parts[kind]).sort());
  expect(service.extensions).toEqual(Object.keys(parts.extensions));
  // a share of 100 would make the policies before it idle
  const [errors, slow, rest] = parts.processors.tail_sampling.policies;
  expect([errors.status_code.status_codes, slow.latency.threshold_ms > 0, rest.probabilistic.sampling_percentage < 100]).toEqual([['ERROR'], true, true]);
});

it('the collector reads the fields that the lines of the services have', async () => {
  const [{ operators }] = [readYaml('collector/collector.yml').receivers.file_log] as [{ operators: unknown[] }];
  const fields = new Set([...JSON.stringify(operators).matchAll(/attributes(?:\.(\w+)|\[\\?"([\w.]+)\\?"\])/g)].map(([, name, quoted]) => (name ?? quoted)!));
  expect([...fields].sort()).toEqual(['body', 'service.name', 'severity_text', 'span_id', 'timestamp', 'trace_flags', 'trace_id']);
  for (const service of ['gateway', 'user', 'auth'] as const) {
    const find = () => gatehouse.processes[service].lines.find(({ trace_id }) => trace_id);
    await until(`a line of a call by ${service}`, () => find() !== undefined);
    const line = find();
    expect(Object.keys(line!)).toEqual(expect.arrayContaining([...fields]));
    expect(line!['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  }
});

it('Grafana finds from a bucket to the trace, from the trace to its lines and back, in data sources that it has', () => {
  const { datasources } = readYaml('grafana/provisioning/datasources/datasources.yml') as { datasources: { uid: string; jsonData: unknown }[] };
  const uids = datasources.map(({ uid }) => uid);
  expect(uids).toEqual(['prometheus', 'tempo', 'loki']);
  const linked = datasources.map(({ jsonData }) => [...JSON.stringify(jsonData).matchAll(/"datasourceUid":"(\w+)"/g)].map(([, uid]) => uid));
  expect(linked).toEqual([['tempo'], ['loki', 'prometheus'], ['tempo']]);
  expect(readPanelQueries().filter(({ datasource }) => !uids.includes(datasource))).toEqual([]);
});

it('the other files are YAML, and what sends to them names their ports', () => {
  expect(readYaml('tempo/tempo.yml').distributor.receivers.otlp.protocols.grpc.endpoint).toMatch(/:4317$/);
  expect(readYaml('loki/loki.yml').server.http_listen_port).toBe(3100);
  const { exporters } = readYaml('collector/collector.yml');
  expect([exporters['otlp_grpc/tempo'].endpoint, exporters['otlp_http/loki'].endpoint]).toEqual(['tempo:4317', 'http://loki:3100/otlp']);
});
