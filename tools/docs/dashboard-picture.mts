// Draws the fleet dashboard as SVG from what a Prometheus answers: `dashboard-picture.mts <url> <seconds> <file>`, the last so many seconds.
import { readFileSync, writeFileSync } from 'node:fs';
import { type DrawnPanel, type Line, toPicture } from './observability/picture.mts';

interface GrafanaPanel {
  readonly title: string;
  readonly type: 'timeseries' | 'stat';
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: { readonly defaults: { readonly unit: string; readonly thresholds?: { readonly steps: DrawnPanel['thresholds'] } } };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

const [url, length, file] = process.argv.slice(2);
if (!url || !length || !file) throw new Error('usage: dashboard-picture.mts <url> <seconds> <file>');
const dashboard = JSON.parse(readFileSync('docker/observability/grafana/dashboards/fleet.json', 'utf8')) as { title: string; panels: GrafanaPanel[] };
const end = Math.floor(Date.now() / 1000);
const begin = end - Number(length);

async function readLines({ expr, legendFormat }: GrafanaPanel['targets'][number]): Promise<Line[]> {
  const step = Math.max(1, Math.round(Number(length) / 100));
  const parameters = new URLSearchParams({ query: expr.replaceAll('$__rate_interval', '15s'), start: String(begin), end: String(end), step: String(step) });
  const { status, data, error } = (await (await fetch(`${url}/api/v1/query_range?${parameters}`)).json()) as {
    status: string;
    data: { result: Series[] };
    error?: string;
  };
  if (status !== 'success') throw new Error(`${expr}: ${error}`);
  return data.result.map(({ metric, values }) => ({
    name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_text, label: string) => metric[label] ?? ''),
    points: values.map(([time, value]) => [time - begin, Number(value)] as const).filter(([, value]) => Number.isFinite(value)),
  }));
}

const panels: DrawnPanel[] = [];
for (const { title, type, gridPos, fieldConfig, targets } of dashboard.panels)
  panels.push({
    title,
    kind: type,
    place: gridPos,
    unit: fieldConfig.defaults.unit,
    thresholds: fieldConfig.defaults.thresholds?.steps ?? [],
    lines: (await Promise.all(targets.map(readLines))).flat(),
  });
writeFileSync(file, toPicture(dashboard.title, panels, Number(length)));
console.log(`wrote ${file}`);
