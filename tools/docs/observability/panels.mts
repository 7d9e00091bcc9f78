// What a dashboard is made of, in Grafana's own JSON (schema version 39).

export interface Query {
  readonly expr: string;
  /** Name of each line; labels in {{ }}. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** What it is good for, in a sentence. */
  readonly description: string;
  /** Of Grafana: s, bytes, percentunit, reqps, short. */
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly kind?: 'timeseries' | 'stat' | 'heatmap';
  /** Of a number: when it is shown in red. */
  readonly bad?: 'from 1' | 'below 1';
  /** Columns of 24; 8 unless it is said. */
  readonly width?: number;
}

export interface Variable {
  readonly name: string;
  /** Of which metric's label the values are. */
  readonly metric: string;
  readonly label: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly variables?: readonly Variable[];
  readonly panels: readonly Panel[];
}

const datasource = { type: 'prometheus', uid: 'prometheus' };
const height = 8;
const thresholds = { 'from 1': [['green'], ['red', 1]], 'below 1': [['red'], ['green', 1]], never: [['blue']] } as const;

/** A panel of one query; its lines are named by the labels that it is summed by. */
export const graph = (title: string, unit: string, expr: string, legend: string, description: string, more: Partial<Panel> = {}): Panel => ({
  title,
  unit,
  description,
  queries: [{ expr, legend }],
  ...more,
});

/** Quantiles of a histogram of durations, in seconds. */
export const quantiles = (title: string, metric: string, matchers: string, description: string, more: Partial<Panel> = {}): Panel => ({
  title,
  unit: 's',
  description,
  queries: [0.5, 0.95, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (le) (rate(${metric}_bucket${matchers}[$__rate_interval])))`,
    legend: `p${quantile * 100}`,
  })),
  ...more,
});

/** A dashboard as Grafana provisions it. */
export function toGrafana({ uid, title, description, variables = [], panels }: Dashboard): object {
  let [x, y] = [0, 0];
  return {
    uid,
    title,
    description: `${description} Made by \`npm run docs\`: change tools/docs/observability.`,
    tags: ['gatehouse'],
    schemaVersion: 39,
    editable: false,
    refresh: '15s',
    time: { from: 'now-1h', to: 'now' },
    links: [{ type: 'dashboards', title: 'Gatehouse', tags: ['gatehouse'], asDropdown: true, includeVars: true, keepTime: true }],
    templating: { list: variables.map(toVariable) },
    panels: panels.map((panel, index) => {
      const width = panel.width ?? 8;
      if (x + width > 24) [x, y] = [0, y + height];
      const gridPos = { x, y, w: width, h: height };
      x += width;
      return toPanel(panel, index + 1, gridPos);
    }),
  };
}

function toVariable({ name, metric, label }: Variable): object {
  const query = `label_values(${metric}, ${label})`;
  return {
    name,
    type: 'query',
    datasource,
    definition: query,
    query: { query, refId: 'values' },
    refresh: 2,
    sort: 1,
    includeAll: true,
    allValue: '.*',
    multi: true,
    current: { text: 'All', value: '$__all' },
  };
}

function toPanel({ title, description, unit, queries, kind = 'timeseries', bad }: Panel, id: number, gridPos: object): object {
  const isStat = kind === 'stat';
  return {
    id,
    type: kind,
    title,
    description,
    datasource,
    gridPos,
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(isStat
          ? { thresholds: { mode: 'absolute', steps: thresholds[bad ?? 'never'].map(([color, value = null]) => ({ color, value })) } }
          : { custom: { lineWidth: 1, fillOpacity: 8, showPoints: 'never' } }),
      },
      overrides: [],
    },
    options: isStat
      ? { reduceOptions: { calcs: ['lastNotNull'] }, graphMode: 'area' }
      : kind === 'heatmap'
        ? { calculate: false, yAxis: { unit }, exemplars: { color: 'rgba(255,0,255,0.7)' } }
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat: legend,
      // the dots that lead from a slow answer to its trace
      exemplar: expr.includes('_bucket') && !isStat,
      instant: isStat,
      range: !isStat,
      ...(kind === 'heatmap' ? { format: 'heatmap' } : {}),
    })),
  };
}
