// Writes benchmarks.md and its figures from benchmarks/*.json, which `npm run bench` writes, in docs/ or the folder that is
// given; with --check says whether they are current.
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { type Benchmark, readBenchmark, toText } from './benchmark.mts';
import { toFigure } from './benchmark-figure.mts';
import { publish } from './page.mts';

const [folder = 'docs'] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const names = existsSync(`${folder}/benchmarks`)
  ? readdirSync(`${folder}/benchmarks`)
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.replace('.json', ''))
      .sort()
  : [];

const toWait = (p50Ms?: number, p99Ms?: number) => (p50Ms === undefined || p99Ms === undefined ? 'none' : `${p50Ms.toFixed(1)}, ${p99Ms.toFixed(1)}`);

function toSection(benchmark: Benchmark): string[] {
  const { name, title, about, bar, commit, machine, load, pairs, measure } = benchmark;
  const rows = pairs.flatMap(({ name: pair, requests, baseline, contender, spread, values }) => {
    const verdict = `**${toText(benchmark, spread.median)}** (${toText(benchmark, spread.low)} to ${toText(benchmark, spread.high)})`;
    return [
      `| ${pair} | ${baseline.name} | ${baseline.cpuMicros.toFixed(1)} | ${toWait(baseline.p50Ms, baseline.p99Ms)} | | ${values.length} × ${requests} |`,
      `| | ${contender.name} | ${contender.cpuMicros.toFixed(1)} | ${toWait(contender.p50Ms, contender.p99Ms)} | ${verdict} | |`,
    ];
  });
  return [
    `## ${title}`,
    '',
    about,
    '',
    `![${title}](figures/bench-${name}.svg)`,
    '',
    `| | | CPU, µs a request | wait: median, p99, ms | ${measure === 'ratio' ? 'ratio' : 'more'} | rounds × requests |`,
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    `At most ${toText(benchmark, bar)}. Commit ${commit}, ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, Node ${machine.node}; load ${load} as it began.`,
    '',
  ];
}

const benchmarks = names.map((name) => readBenchmark(folder, name));
const text = [
  '# Benchmarks',
  '',
  'Made from `benchmarks/*.json` by `npm run docs`; `npm run bench` takes them anew, `npm run bench -- error-path` one of them.',
  '',
  'Two ways of doing something are sampled in turns, in processes of their own, who is first changing from round to round. CPU time is that of the measured process, by its own count. The ratio, or the difference, is formed within each round; given are its median over all rounds and the range of their middle half. So other work on the machine, which moves the waiting times, moves these little.',
  '',
  ...benchmarks.flatMap(toSection),
].join('\n');
publish(`${folder}/benchmarks.md`, text, 'the benchmarks');
mkdirSync(`${folder}/figures`, { recursive: true });
for (const benchmark of benchmarks) publish(`${folder}/figures/bench-${benchmark.name}.svg`, toFigure(benchmark), 'the benchmarks');
