import { type Dashboard, graph, quantiles } from './panels.mts';

const interval = '[$__rate_interval]';
const of = '{job=~"$service"}';
const pool = 'db_client_connection_pool_name';

/** What the services ask of PostgreSQL, and how they get to it. */
export const database: Dashboard = {
  uid: 'gatehouse-database',
  title: 'Gatehouse: database',
  description: 'Statements by their name, and the pools of connections.',
  variables: [{ name: 'service', metric: 'db_client_connection_max', label: 'job' }],
  panels: [
    graph(
      'Statements',
      'reqps',
      `sum by (db_operation_name) (rate(db_client_operation_duration_seconds_count${of}${interval}))`,
      '{{db_operation_name}}',
      'Statements a second.',
    ),
    graph(
      'p99 by statement',
      's',
      `histogram_quantile(0.99, sum by (db_operation_name, le) (rate(db_client_operation_duration_seconds_bucket${of}${interval})))`,
      '{{db_operation_name}}',
      'How long the slowest hundredth takes at least.',
    ),
    graph(
      'Statements that failed',
      'reqps',
      `sum by (db_operation_name, error_type) (rate(db_client_operation_duration_seconds_count{job=~"$service",error_type!=""}${interval}))`,
      '{{db_operation_name}} {{error_type}}',
      'By SQLSTATE.',
    ),
    {
      title: 'Connections',
      unit: 'short',
      description: 'Of the pools, by state, beside how many there may be.',
      queries: [
        { expr: `sum by (${pool}, db_client_connection_state) (db_client_connections${of})`, legend: `{{${pool}}} {{db_client_connection_state}}` },
        { expr: `sum by (${pool}) (db_client_connection_max${of})`, legend: `{{${pool}}} at most` },
      ],
    },
    graph(
      'Waiting for a connection',
      'short',
      `sum by (${pool}) (db_client_connection_pending_requests${of})`,
      `{{${pool}}}`,
      'Callers for whom there is none.',
    ),
    quantiles('Wait for a connection', 'db_client_connection_wait_time_seconds', of, 'How long it took to get one.'),
    {
      title: 'Single reads that share a statement',
      unit: 'reqps',
      description: 'Reads of single rows, and the statements that answered them.',
      queries: [
        { expr: `sum by (db_operation_name) (rate(db_client_batched_reads_total${of}${interval}))`, legend: '{{db_operation_name}}' },
        { expr: `sum by (db_operation_name) (rate(db_client_batches_total${of}${interval}))`, legend: '{{db_operation_name}}, statements' },
      ],
    },
    graph(
      'Reads that a replica might answer',
      'reqps',
      `sum by (way) (rate(db_client_replica_reads_total${of}${interval}))`,
      '{{way}}',
      'By the replica, or by the primary for the reason named.',
    ),
    graph('Replica behind', 'bytes', `max by (job) (db_client_replica_lag_bytes${of})`, '{{job}}', 'What it had yet to replay as a read last asked it.'),
    graph(
      'Time spent',
      'percentunit',
      `sum by (db_operation_name) (rate(db_client_operation_duration_seconds_sum${of}${interval}))`,
      '{{db_operation_name}}',
      'Connections that the statement keeps busy on average: what to make faster first.',
      { width: 24 },
    ),
  ],
};

const process = '{{job}} {{instance}}';

/** How the processes and their event loops do. */
export const runtime: Dashboard = {
  uid: 'gatehouse-runtime',
  title: 'Gatehouse: Node runtime',
  description: 'CPU, memory, event loop and garbage collection of each process.',
  variables: [{ name: 'service', metric: 'gatehouse_build_info', label: 'job' }],
  panels: [
    graph('CPU', 'percentunit', `rate(process_cpu_seconds_total${of}${interval})`, process, 'Cores used.'),
    graph(
      'Event loop busy',
      'percentunit',
      `sum by (job, instance) (rate(nodejs_eventloop_time_seconds_total{job=~"$service",nodejs_eventloop_state="active"}${interval})) / sum by (job, instance) (rate(nodejs_eventloop_time_seconds_total${of}${interval}))`,
      process,
      'Share of time; near 1 it is at its limit.',
    ),
    {
      title: 'Event loop delay',
      unit: 's',
      description: 'How long a turn waits.',
      queries: [50, 90, 99].map((quantile) => ({ expr: `nodejs_eventloop_delay_p${quantile}_seconds${of}`, legend: `p${quantile} ${process}` })),
    },
    {
      title: 'Event loop busy, by its own count',
      unit: 'percentunit',
      description: 'Over the last 15 to 30 seconds, however often it is scraped.',
      queries: [{ expr: `nodejs_eventloop_utilization_ratio${of}`, legend: process }],
    },
    graph('Resident memory', 'bytes', `process_resident_memory_bytes${of}`, process, 'Of the whole process.'),
    {
      title: 'Heap',
      unit: 'bytes',
      description: 'In use, beside the most there may be.',
      queries: [
        { expr: `nodejs_heap_used_bytes${of}`, legend: process },
        { expr: `nodejs_heap_limit_bytes${of}`, legend: `${process} at most` },
      ],
    },
    graph(
      'Garbage collection',
      'percentunit',
      `sum by (job, kind) (rate(nodejs_gc_duration_seconds_sum${of}${interval}))`,
      '{{job}} {{kind}}',
      'Share of time spent on it.',
    ),
    graph('Up for', 's', `time() - process_start_time_seconds${of}`, process, 'Since the process started.'),
  ],
};
