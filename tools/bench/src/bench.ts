import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Comparison, OpenOptions } from './comparison';
import { selectComparisons } from './comparisons';
import { createProgress, toVerdicts } from './progress';
import { readSurroundings, writeResult } from './results';
import { runRounds } from './rounds';
import { type PairSummary, summarize } from './summary';

interface BenchOptions extends OpenOptions {
  readonly rounds: number;
  readonly scale: number;
}

/**
 * `npm run bench -- [names] [--rounds 20] [--scale 1] [--out docs] [--profile folder]`: runs the comparisons with the names,
 * or all, and writes their results and the page made from them into a folder.
 * @throws RangeError for a name that no comparison has, or a number that is none
 */
export async function bench(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '20' },
      scale: { type: 'string', default: '1' },
      out: { type: 'string', default: 'docs' },
      profile: { type: 'string' },
    },
  });
  const comparisons = selectComparisons(positionals);
  const options: BenchOptions = {
    rounds: readNumber('rounds', values.rounds),
    scale: readNumber('scale', values.scale),
    nodeArguments: values.profile ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : [],
  };
  for (const comparison of comparisons) {
    const surroundings = readSurroundings();
    const pairs = await run(comparison, options);
    process.stdout.write(toVerdicts(comparison, pairs));
    console.log(`wrote ${writeResult(values.out, comparison, surroundings, pairs)}`);
  }
  execFileSync(process.execPath, ['tools/docs/benchmarks.mts', values.out], { stdio: 'inherit' });
}

async function run(comparison: Comparison, { rounds, scale, nodeArguments }: BenchOptions): Promise<readonly PairSummary[]> {
  const { pairs, close } = await comparison.open({ nodeArguments });
  try {
    const results = await runRounds(pairs, { rounds, scale, onRound: createProgress(comparison, rounds, (text) => process.stdout.write(text)) });
    return pairs.map((pair) => summarize(comparison, pair, results.get(pair)!));
  } finally {
    await close();
  }
}

function readNumber(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0) || (name === 'rounds' && !Number.isInteger(number))) throw new RangeError(`--${name} is no number that can be used: ${text}`);
  return number;
}
