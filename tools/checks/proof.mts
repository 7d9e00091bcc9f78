// `npm run proof`: the full sizes and long runs, with progress. Their figures go into docs/measurements.json, with the commit
// and the machine they were taken on, and from there into docs/measurements.md by `npm run docs`.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { run } from './run.mts';

const folder = 'tmp/measurements';
rmSync(folder, { recursive: true, force: true });
const env = { ...process.env, PROOF: 'full', NX_DAEMON: 'false', NX_TUI: 'false' };
const nx = (...args: string[]) => ['run-many', '--output-style=static', '-t', ...args];
const isGood =
  (await run('what is made from proto/', 'nx', nx('generate'), env)) &&
  (await run('a long stream to a slow reader', 'jest', ['-c', 'libs/transcoding/jest.config.cjs', 'memory'], env)) &&
  (await run('build', 'nx', nx('build', '-p', 'user', 'auth', 'gateway'), env)) &&
  (await run('a collector of traces that is away', 'jest', ['-c', 'apps/e2e/jest.config.cjs', 'test/collector-outage'], env));
if (isGood) {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const machine = { cores: availableParallelism(), processor: cpus()[0]?.model.trim(), memoryGiB: Math.round(totalmem() / 2 ** 30), node: process.version };
  const measurements = Object.fromEntries(readdirSync(folder).map((name) => [name.replace('.json', ''), JSON.parse(readFileSync(`${folder}/${name}`, 'utf8'))]));
  writeFileSync('docs/measurements.json', `${JSON.stringify({ commit, machine, measurements }, null, 2)}\n`);
  await run('the pages made from code', 'npm', ['run', 'docs']);
}
process.exitCode = isGood ? 0 : 1;
