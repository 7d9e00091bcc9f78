// Writes the figures of docs/development.md from docs/measurements.json, which `npm run proof -- development` takes; with --check says
// whether they are current.
import { readFileSync } from 'node:fs';
import { publish } from './page.mts';

type Figures = Record<'cached' | 'types' | 'verdict' | 'restart', number> & { commit: string; test?: number };

const page = 'docs/development.md';
const [begin, end] = ['<!-- figures of docs/measurements.json -->\n', '<!-- end of the figures -->'];
const { machine, measurements } = JSON.parse(readFileSync('docs/measurements.json', 'utf8')) as {
  machine: { cores: number; processor: string; node: string };
  measurements: { development: Figures };
};
const { commit, test, cached, types, verdict, restart } = measurements.development;
const table = `
| from | to | seconds |
| --- | --- | --- |
${test === undefined ? '' : `| a fresh clone after \`npm ci\` | the verdict of \`npm test\` | ${Math.round(test)} |\n`}| nothing that has changed | the verdict of \`npm test\` | ${cached} |
| nothing in the cache | the types of all projects | ${types} |
| a line changed in \`apps/user\` | the verdict of its unit tests, \`npx nx test user src/\` | ${verdict} |
| a line saved in \`apps/user\` | the service ready with it, under \`npm run dev\` | ${restart} |

${machine.cores} cores (${machine.processor}), Node ${machine.node}, commit ${commit}; those of a changed line and of nothing changed the middle of three.

`;
const text = readFileSync(page, 'utf8');
const [before, rest] = text.split(begin);
const after = rest?.split(end)[1];
if (before === undefined || after === undefined) throw new Error(`${page} has no place for the figures: put back the comments around them`);
publish(page, `${before}${begin}${table}${end}${after}`, 'the measurements');
