import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

/** What an operator gives to Prometheus, Grafana and the collector. */
export const operatorsFolder = resolve(__dirname, '../../../../docker/observability');

export interface PanelQuery {
  /** As a test calls it: "fleet: HTTP requests". */
  readonly title: string;
  readonly expr: string;
  readonly datasource: string;
}

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly definition: string; readonly datasource: { readonly uid: string } }[] };
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[] }[];
}

export interface AlertOrRecord {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Every query of the dashboards, their variables set to all. */
export function readPanelQueries(): PanelQuery[] {
  const folder = join(operatorsFolder, 'grafana/dashboards');
  return readdirSync(folder).flatMap((file) => {
    const { panels } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dashboard;
    return panels.flatMap(({ title, targets }) =>
      targets.map(({ expr, datasource }) => ({
        title: `${file.replace('.json', '')}: ${title}`,
        expr: expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(service|method)\b/g, '.*'),
        datasource: datasource.uid,
      })),
    );
  });
}

/** Metric and label that the variables of the dashboards take their values from. */
export function readVariables(): { metric: string; label: string }[] {
  const folder = join(operatorsFolder, 'grafana/dashboards');
  return readdirSync(folder)
    .flatMap((file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dashboard).templating.list)
    .map(({ definition }) => {
      const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(definition) ?? [];
      return { metric, label };
    });
}

/** Every rule that Prometheus is given. */
export function readRules(): AlertOrRecord[] {
  const folder = join(operatorsFolder, 'prometheus/rules');
  return readdirSync(folder).flatMap((file) =>
    (parse(readFileSync(join(folder, file), 'utf8')) as { groups: { rules: AlertOrRecord[] }[] }).groups.flatMap(({ rules }) => rules),
  );
}
