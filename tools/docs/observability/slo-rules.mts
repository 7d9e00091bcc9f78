// Rules for Prometheus that hold each method to its objective: how fast its error budget burns, over several windows at once
// (The Site Reliability Workbook, chapter 5).
import type { Objective } from './objectives.mts';

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly Rule[];
}

// Told by the callers: a service that is gone counts no failures of its own. `rpc_client_…` has all attempts of a call as one.
const calls = 'rpc_client_call_duration_seconds';
// for these its server is to blame, as for the spans that are errors
const faults = ['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'].join('|');
const windows: Readonly<Record<string, number>> = { '5m': 300, '30m': 1_800, '1h': 3_600, '2h': 7_200, '6h': 21_600, '1d': 86_400, '3d': 259_200 };
// budget of 30 days spent in the long window: 2 %, 5 %, 10 %, 10 %; the short one ends the alert soon after the trouble
const burns = [
  { long: '1h', short: '5m', factor: 14.4, severity: 'page' },
  { long: '6h', short: '30m', factor: 6, severity: 'page' },
  { long: '1d', short: '2h', factor: 3, severity: 'ticket' },
  { long: '3d', short: '6h', factor: 1, severity: 'ticket' },
];
// at night a single failure is a large share of the calls
const fewest = 10;

const rate = (suffix: string, window: string, matchers = '') => `sum by (rpc_method) (rate(${calls}_${suffix}${matchers && `{${matchers}}`}[${window}]))`;

/** The groups of rules for these objectives. */
export function createSloRules(objectives: readonly Objective[]): RuleGroup[] {
  return [
    { name: 'gatehouse-objectives', rules: objectives.flatMap(toTargets) },
    ...Object.keys(windows).map((window) => ({ name: `gatehouse-slo-${window}`, rules: toRatios(objectives, window) })),
    {
      name: 'gatehouse-slo-alerts',
      rules: [
        ...toAlerts('AvailabilityBudgetBurn', 'faults', 'calls', 'availability', 'fail'),
        ...toAlerts('LatencyBudgetBurn', 'slow', 'answers', 'latency', 'come too late'),
      ],
    },
  ];
}

function toTargets({ method, availability, latency }: Objective): Rule[] {
  const labels = { rpc_method: method };
  return [
    { record: 'rpc_method:slo_availability:objective', expr: `vector(${availability})`, labels },
    ...(latency
      ? [
          { record: 'rpc_method:slo_latency:objective', expr: `vector(${latency.share})`, labels },
          { record: 'rpc_method:slo_latency:threshold_seconds', expr: `vector(${latency.seconds})`, labels },
        ]
      : []),
  ];
}

function toRatios(objectives: readonly Objective[], window: string): Rule[] {
  const bySeconds = Map.groupBy(
    objectives.filter(({ latency }) => latency),
    ({ latency }) => latency!.seconds,
  );
  const fast = [...bySeconds]
    .sort(([one], [other]) => one - other)
    // "1" in the text format is "1.0" to some versions of Prometheus
    .map(([seconds, those]) =>
      rate('bucket', window, `rpc_method=~"${those.map(({ method }) => method).join('|')}",rpc_status_code="OK",le=~"${seconds}(\\\\.0)?"`),
    );
  const total = `rpc_method:slo_calls:rate${window}`;
  const answers = `rpc_method:slo_answers:rate${window}`;
  return [
    { record: total, expr: rate('count', window) },
    {
      record: `rpc_method:slo_faults:ratio_rate${window}`,
      expr: `(${rate('count', window, `rpc_status_code=~"${faults}"`)} or 0 * ${total}) / (${total} > 0)`,
    },
    { record: answers, expr: rate('count', window, 'rpc_status_code="OK"') },
    { record: `rpc_method:slo_slow:ratio_rate${window}`, expr: `1 - (${fast.join('\n  or ')}) / (${answers} > 0)` },
  ];
}

function toAlerts(alert: string, bad: string, all: string, objective: string, what: string): Rule[] {
  return burns.map(({ long, short, factor, severity }) => {
    const isBurning = (window: string) => `rpc_method:slo_${bad}:ratio_rate${window} > on (rpc_method) ${factor} * (1 - rpc_method:slo_${objective}:objective)`;
    return {
      alert,
      expr: [
        isBurning(long),
        `and on (rpc_method) ${isBurning(short)}`,
        `and on (rpc_method) ${windows[long]} * rpc_method:slo_${bad}:ratio_rate${long} * on (rpc_method) rpc_method:slo_${all}:rate${long} >= ${fewest}`,
      ].join('\n'),
      labels: { severity, window: long },
      annotations: {
        summary: `Calls of {{ $labels.rpc_method }} ${what}`,
        description: `In ${long} {{ $value | humanizePercentage }} of the calls ${what}: at least ${factor} times what its objective in the contract allows.`,
        runbook_url: `docs/runbook.md#${alert.toLowerCase()}`,
      },
    };
  });
}
