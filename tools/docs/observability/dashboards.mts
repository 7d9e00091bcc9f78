import { database, runtime } from './dashboards-of-parts.mts';
import { identity } from './identity-dashboard.mts';
import { type Dashboard, graph, quantiles } from './panels.mts';

const interval = '[$__rate_interval]';
const burn = (kind: string, objective: string, window: string, on = '') =>
  `rpc_method:slo_${kind}:ratio_rate${window}${on} / on (rpc_method) (1 - rpc_method:slo_${objective}:objective)`;

const fleet: Dashboard = {
  uid: 'gatehouse-fleet',
  title: 'Gatehouse: fleet',
  description: 'Whether people are served, and by what they are not.',
  panels: [
    graph('Ready', 'short', 'sum by (job) (gatehouse_ready)', '{{job}}', 'Processes that can serve.', { kind: 'stat', bad: 'below 1', width: 8 }),
    graph('Alerts', 'short', 'count(ALERTS{alertstate="firing"}) or vector(0)', 'firing', 'Alerts that fire; docs/runbook.md says what to do.', {
      kind: 'stat',
      bad: 'from 1',
      width: 4,
    }),
    graph('Versions', 'short', 'count by (job, version) (gatehouse_build_info)', '{{job}} {{version}}', 'Processes of each version.', {
      kind: 'stat',
      width: 12,
    }),
    graph(
      'HTTP requests',
      'reqps',
      `sum by (http_response_status_code) (rate(http_server_request_duration_seconds_count${interval}))`,
      '{{http_response_status_code}}',
      'Requests a second by the status they were answered with.',
    ),
    graph(
      'HTTP failures',
      'percentunit',
      `(sum(rate(http_server_request_duration_seconds_count{http_response_status_code=~"5.."}${interval})) or vector(0)) / sum(rate(http_server_request_duration_seconds_count${interval}))`,
      '5xx',
      'Share of the requests that failed by our fault.',
    ),
    quantiles('HTTP durations', 'http_server_request_duration_seconds', '', 'How long requests took; the dots lead to their traces.'),
    graph(
      'gRPC calls',
      'reqps',
      `sum by (job) (rate(rpc_server_call_duration_seconds_count${interval}))`,
      '{{job}}',
      'Calls a second that each service answers.',
    ),
    graph(
      'gRPC p99',
      's',
      `histogram_quantile(0.99, sum by (job, le) (rate(rpc_server_call_duration_seconds_bucket${interval})))`,
      '{{job}}',
      'How long the slowest hundredth of the calls takes at least.',
    ),
    graph(
      'Error budget',
      'short',
      burn('faults', 'availability', '1h'),
      '{{rpc_method}}',
      'How many times faster than the objective allows a method fails, over an hour; 14.4 pages.',
    ),
    graph('CPU', 'percentunit', `sum by (job) (rate(process_cpu_seconds_total${interval}))`, '{{job}}', 'Cores used.'),
    graph('Event loop', 's', 'max by (job) (nodejs_eventloop_delay_p99_seconds)', '{{job}}', 'How long a turn of the event loop waits, p99.'),
    graph(
      'Database connections',
      'percentunit',
      'sum by (job) (db_client_connections{db_client_connection_state="used"}) / sum by (job) (db_client_connection_max)',
      '{{job}}',
      'Share of the pool that is in use; at 1 callers wait.',
    ),
  ],
};

const of = '{job=~"$service"}';
const service: Dashboard = {
  uid: 'gatehouse-service',
  title: 'Gatehouse: service',
  description: 'One service: what it answers, what it asks of others, what it refuses and loses.',
  variables: [{ name: 'service', metric: 'gatehouse_build_info', label: 'job' }],
  panels: [
    graph('Checks', 'short', `min by (job, check) (gatehouse_readiness_check_ok${of})`, '{{job}} {{check}}', 'What it cannot serve without: 1 is well.', {
      kind: 'stat',
      bad: 'below 1',
      width: 24,
    }),
    graph(
      'Calls answered',
      'reqps',
      `sum by (rpc_method) (rate(rpc_server_call_duration_seconds_count${of}${interval}))`,
      '{{rpc_method}}',
      'Calls a second by method.',
    ),
    graph(
      'Calls that failed',
      'reqps',
      `sum by (rpc_method, rpc_status_code) (rate(rpc_server_call_duration_seconds_count{job=~"$service",rpc_status_code!="OK"}${interval}))`,
      '{{rpc_method}} {{rpc_status_code}}',
      'Whoever was to blame.',
    ),
    graph(
      'p99 by method',
      's',
      `histogram_quantile(0.99, sum by (rpc_method, le) (rate(rpc_server_call_duration_seconds_bucket${of}${interval})))`,
      '{{rpc_method}}',
      'How long the slowest hundredth takes at least.',
    ),
    {
      title: 'In flight',
      unit: 'short',
      description: 'Calls and requests being answered.',
      queries: [
        { expr: `sum by (rpc_method) (rpc_server_active_calls${of})`, legend: '{{rpc_method}}' },
        { expr: `sum by (http_request_method) (http_server_active_requests${of})`, legend: 'HTTP {{http_request_method}}' },
      ],
    },
    {
      title: 'Shed',
      unit: 'reqps',
      description: 'Refused because too many were being answered.',
      queries: [
        { expr: `sum by (rpc_method) (rate(rpc_server_shed_calls_total${of}${interval}))`, legend: '{{rpc_method}}' },
        { expr: `sum by (reason) (rate(http_server_shed_requests_total${of}${interval}))`, legend: 'HTTP {{reason}}' },
      ],
    },
    graph(
      'Calls made',
      'reqps',
      `sum by (rpc_method, rpc_status_code) (rate(rpc_client_call_duration_seconds_count${of}${interval}))`,
      '{{rpc_method}} {{rpc_status_code}}',
      'What it asks of the others, by the answer.',
    ),
    graph(
      'Retries',
      'reqps',
      `sum by (rpc_method, rpc_status_code) (rate(rpc_client_retries_total${of}${interval}))`,
      '{{rpc_method}} {{rpc_status_code}}',
      'Attempts that another one followed.',
    ),
    graph('Retry budget', 'percentunit', `min by (job, target) (rpc_client_retry_budget_ratio${of})`, '{{job}} to {{target}}', 'At 0 nothing is tried again.'),
    graph('Channels', 'short', `sum by (target, state) (rpc_client_channel_state${of})`, '{{target}} {{state}}', 'Channels to other services by their state.'),
    {
      title: 'Lost telemetry',
      unit: 'reqps',
      description: 'Spans and log lines that never arrive.',
      queries: [
        { expr: `sum by (reason) (rate(span_dropped_total${of}${interval}))`, legend: 'spans: {{reason}}' },
        { expr: `sum(rate(log_dropped_total${of}${interval}))`, legend: 'log lines' },
      ],
    },
    graph('Spans taken', 'reqps', `sum by (job) (rate(span_exported_total${of}${interval}))`, '{{job}}', 'Spans that the collector took.'),
  ],
};

const called = '{rpc_method=~"$method"}';
const method: Dashboard = {
  uid: 'gatehouse-method',
  title: 'Gatehouse: method',
  description: 'One method of the contract, as its callers and its server see it, and its error budget.',
  variables: [{ name: 'method', metric: 'rpc_client_call_duration_seconds_count', label: 'rpc_method' }],
  panels: [
    graph(
      'Objective',
      'percentunit',
      `rpc_method:slo_availability:objective${called}`,
      '{{rpc_method}}',
      'Share of calls that may not fail, by the contract.',
      { kind: 'stat' },
    ),
    graph(
      'Objective: answered in time',
      'percentunit',
      `rpc_method:slo_latency:objective${called}`,
      '{{rpc_method}}',
      'Share of good answers that have to be there in time.',
      { kind: 'stat' },
    ),
    graph('Objective: in time is', 's', `rpc_method:slo_latency:threshold_seconds${called}`, '{{rpc_method}}', 'When a good answer has to be there.', {
      kind: 'stat',
    }),
    graph(
      'Calls by their answer',
      'reqps',
      `sum by (rpc_status_code) (rate(rpc_client_call_duration_seconds_count${called}${interval}))`,
      '{{rpc_status_code}}',
      'As callers see them, retries and all.',
    ),
    quantiles('Durations: callers', 'rpc_client_call_duration_seconds', called, 'With the way there and all attempts.'),
    quantiles('Durations: server', 'rpc_server_call_duration_seconds', called, 'What the difference to the callers is made of: network, queues, retries.'),
    {
      title: 'Budget burnt by failures',
      unit: 'short',
      description: 'Times what the objective allows; 14.4 over an hour pages, 1 uses the budget up in 30 days.',
      queries: ['1h', '6h', '1d', '3d'].map((window) => ({ expr: burn('faults', 'availability', window, called), legend: `${window} {{rpc_method}}` })),
    },
    {
      title: 'Budget burnt by slowness',
      unit: 'short',
      description: 'Times what the objective allows.',
      queries: ['1h', '6h', '1d', '3d'].map((window) => ({ expr: burn('slow', 'latency', window, called), legend: `${window} {{rpc_method}}` })),
    },
    graph(
      'Heat',
      's',
      `sum by (le) (increase(rpc_server_call_duration_seconds_bucket${called}${interval}))`,
      '{{le}}',
      'Every duration; the dots lead to traces.',
      { kind: 'heatmap' },
    ),
  ],
};

/** All of them. */
export const dashboards: readonly Dashboard[] = [fleet, service, method, database, runtime, identity];
