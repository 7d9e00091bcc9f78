import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { Comparison } from './comparison';
import type { PairSummary } from './summary';

/** Where a result was taken. Nothing in it names the machine. */
export interface Surroundings {
  readonly commit: string;
  readonly machine: { readonly cores: number; readonly processor: string; readonly memoryGiB: number; readonly node: string };
  /** Processes that wanted a core when it began, the mean of a minute. */
  readonly load: number;
}

/** Where and of what a result is taken now. */
export function readSurroundings(): Surroundings {
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  // results that were written a moment ago change nothing that is measured
  const isChanged = git('status', '--porcelain', '--untracked-files=no', '--', ':!docs') !== '';
  return {
    commit: `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ' with changes' : ''}`,
    machine: {
      cores: availableParallelism(),
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    },
    load: Math.round(loadavg()[0]! * 10) / 10,
  };
}

/** Writes what a comparison gave into a file of its own, from which the page is made; gives the file's name. */
export function writeResult(
  folder: string,
  { name, title, about, measure, bar }: Comparison,
  surroundings: Surroundings,
  pairs: readonly PairSummary[],
): string {
  const file = `${folder}/benchmarks/${name}.json`;
  mkdirSync(`${folder}/benchmarks`, { recursive: true });
  // an array of numbers is read on one line
  const text = JSON.stringify({ title, about, measure, bar, ...surroundings, pairs }, null, 2).replace(/\[[\d\s.,e+-]+\]/g, (list) =>
    list.replace(/\s+/g, ' '),
  );
  writeFileSync(file, `${text}\n`);
  return file;
}
