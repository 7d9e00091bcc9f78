// Writes the rules and dashboards in docker/observability that are made from the contract and from code; with --check says whether they are current.
import { mkdirSync } from 'node:fs';
import { stringify } from 'yaml';
import { dashboards } from './observability/dashboards.mts';
import { readObjectives } from './observability/objectives.mts';
import { toGrafana } from './observability/panels.mts';
import { createSloRules } from './observability/slo-rules.mts';
import { publish } from './page.mts';

const root = 'docker/observability';
const rules = stringify({ groups: createSloRules(readObjectives('proto')) }, { lineWidth: 0, aliasDuplicateObjects: false });
for (const folder of ['prometheus/rules', 'grafana/dashboards']) mkdirSync(`${root}/${folder}`, { recursive: true });
publish(
  `${root}/prometheus/rules/slo.yml`,
  `# Made from the objectives in proto/ by \`npm run docs\`; change them, not this file.\n${rules}`,
  'the objectives in the contract',
);
for (const dashboard of dashboards)
  publish(
    `${root}/grafana/dashboards/${dashboard.uid.replace('gatehouse-', '')}.json`,
    `${JSON.stringify(toGrafana(dashboard), undefined, 1)}\n`,
    'the code of the dashboards',
  );
