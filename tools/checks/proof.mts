// `npm run proof`: the full sizes and long runs, with progress. Their figures go into docs/measurements.json, with the commit
// and the machine they were taken on, and from there into docs/measurements.md by `npm run docs`.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { run } from './run.mts';

const jest = (project: string, tests: string) => ['jest', '-c', `${project}/jest.config.cjs`, tests];
const parts: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['a long stream to a slow reader', jest('libs/transcoding', 'memory')],
  ['ten thousand errors', jest('apps/e2e', 'error-answers')],
  ['an attack on the metrics', jest('apps/e2e', 'metric-series')],
  ['a collector of traces that is away', jest('apps/e2e', 'test/collector-outage')],
  ['changes of one person at once', jest('apps/user', 'concurrent-updates')],
  ['a feed whose ends are killed', jest('apps/e2e', 'test/user-changes')],
  ['what is revoked, heard by three verifiers', jest('apps/e2e', 'test/revocations')],
  ['who has an account: enumeration', jest('apps/e2e', 'test/enumeration')],
  ['replicas of each service', jest('apps/e2e', 'test/replicas')],
  ['ten million people: directory', ['node', 'dist/tools/bench/main.cjs', 'directory', '--people', '10000000']],
  ['what a developer waits for: development', ['node', 'tools/checks/speed.mts']],
];
const folder = 'tmp/measurements';
const page = 'docs/measurements.json';
const env = { ...process.env, PROOF: 'full', NX_DAEMON: 'false', NX_TUI: 'false' };
const nx = (...args: string[]) => ['run-many', '--output-style=static', '-t', ...args];

// `npm run proof -- errors` takes the parts anew whose name or tests have the word
const [word = ''] = process.argv.slice(2);
const chosen = parts.filter(([name, command]) => name.includes(word) || command.at(-1)!.includes(word));
if (chosen.length === 0) throw new Error(`no part has "${word}": there are ${parts.map(([name]) => name).join('; ')}`);

rmSync(folder, { recursive: true, force: true });
let isGood =
  (await run('what is made from proto/', 'nx', nx('generate'), env)) && (await run('the services', 'nx', nx('build', '-p', 'tag:type:service', 'bench'), env));
for (const [name, [command, ...args]] of chosen) isGood &&= await run(name, command!, args, env);
if (isGood) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const machine = { cores: availableParallelism(), processor: cpus()[0]?.model.trim(), memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version };
  const { measurements } = JSON.parse(readFileSync(page, 'utf8')) as { measurements: Record<string, object> };
  for (const file of readdirSync(folder)) measurements[file.replace('.json', '')] = { commit, ...JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) };
  writeFileSync(page, `${JSON.stringify({ machine, measurements }, null, 2)}\n`);
  await run('the pages made from code', 'npm', ['run', 'docs']);
}
process.exitCode = isGood ? 0 : 1;
