// Writes docs/metrics.md from the registries of the services; with --check says whether it is current.
import { readServices } from '#services';
import { publish } from './page.mts';
import { type Instrument, readInstruments } from './service-metrics.mts';

const installed = readServices('.');
const services = installed.map(({ name }) => name);
const adminPorts = installed.map(({ ports }) => ports.admin).join(', ');
// by the first words of a name
const groups: Record<string, string> = {
  http_server: 'HTTP requests answered',
  rpc_server: 'gRPC calls answered',
  rpc_client: 'gRPC calls made',
  db_client: 'The database',
  auth_attempts: 'Attempts',
  auth_captchas: 'Attempts',
  auth_password: 'Passwords',
  auth_security: 'What happens to accounts',
  auth_mail: 'Mails',
  auth_user: 'The change feed',
  auth_revocations: 'Revocations',
  revocations_: 'Revocations',
  user_feed: 'The change feed',
  gateway_: 'The edge',
  tls_: 'Certificates',
  log_: 'What telemetry loses',
  span_: 'What telemetry loses',
  nodejs_: 'The runtime',
  process_: 'The process',
  gatehouse_: 'The process',
};
const units = ['seconds', 'bytes', 'ratio'];

interface Row extends Instrument {
  readonly services: readonly string[];
}

const registries = await Promise.all(services.map(async (service) => [service, await readInstruments(service)] as const));
const rows = new Map<string, Row>();
for (const [service, instruments] of registries)
  for (const instrument of instruments) {
    const { name, help, type, labelNames } = instrument;
    rows.set(name, { name, help, type, labelNames, services: [...(rows.get(name)?.services ?? []), service] });
  }

const groupOf = ({ name }: Row) => {
  const prefix = Object.keys(groups).find((each) => name.startsWith(each));
  if (!prefix) throw new Error(`${name} belongs to no part of the page: give it one in tools/docs/metrics.mts`);
  return groups[prefix]!;
};
const unitOf = ({ name }: Row) => units.find((unit) => name.replace(/_total$/, '').endsWith(`_${unit}`)) ?? '';
const toRow = (row: Row) => {
  const labels = row.labelNames.map((label) => `\`${label}\``).join(', ');
  return `| \`${row.name}\` | ${row.type} | ${unitOf(row)} | ${labels} | ${row.services.length === services.length ? 'all' : row.services.join(', ')} | ${row.help.replaceAll('|', '\\|')} |`;
};

const text = [
  '# Metrics',
  '',
  'Made from the registries of the services by `npm run docs`; change the code, not this page.',
  '',
  `\`/metrics\` of the admin port (${adminPorts}) gives Prometheus' text format, ` +
    'or OpenMetrics to who prefers that by `Accept`, as Prometheus does. In OpenMetrics the durations of calls, requests, statements and waits have exemplars: the `trace_id` and `span_id` of the last sampled span in each bucket, which Prometheus keeps with `--enable-feature=exemplar-storage`.',
  '',
  'Names are those of the OpenTelemetry conventions where there are any. Labels come from closed sets: methods and routes of the contracts, names of statements, codes, settings; what has no place in them is `_OTHER`, so that no caller adds a series. Rates and errors are read off the counts of the durations, by their code.',
  ...[...new Set(Object.values(groups))].flatMap((title) => [
    '',
    `## ${title}`,
    '',
    '| metric | type | unit | labels | service | meaning |',
    '| --- | --- | --- | --- | --- | --- |',
    ...[...rows.values()]
      .filter((row) => groupOf(row) === title)
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map(toRow),
  ]),
  '',
].join('\n');

publish('docs/metrics.md', text, 'the registries of the services');
