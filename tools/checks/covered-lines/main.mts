// `npm run coverage [-- --base=branch] [--threshold=80]`: which of the lines that were changed since the branch no test runs. Not of what stands in
// no src/: tools and tests.
import { parseArgs } from 'node:util';
import { findBase, readChangedLines } from './changed-lines.mts';
import { findProjects, measure } from './measure.mts';
import { judgeLines, toRanges } from './uncovered.mts';

const isMeasured = (file: string) => /^(apps|libs|tools)\/.*\bsrc\/.*\.tsx?$/.test(file) && !/\.(test|d)\.ts$|\/testing(\.ts$|\/)/.test(file);

try {
  const { values } = parseArgs({ options: { base: { type: 'string' }, threshold: { type: 'string', default: '80' } } });
  const threshold = Number(values.threshold);
  if (!(threshold >= 0 && threshold <= 100)) throw new Error(`a threshold of "${values.threshold}" is no percentage from 0 to 100`);
  const base = findBase(values.base);
  const changed = [...readChangedLines(base)].filter(([file]) => isMeasured(file));
  const files = changed.map(([file]) => file);
  const coverage = measure(files.length ? findProjects(files) : [], files);
  const results = changed.map(([file, lines]) => judgeLines(coverage, file, lines)).filter(({ lines }) => lines > 0);

  const lines = results.reduce((sum, result) => sum + result.lines, 0);
  const covered = lines - results.reduce((sum, { uncovered }) => sum + uncovered.length, 0);
  const share = lines ? Math.floor((covered / lines) * 100) : 100;
  const width = Math.max(0, ...files.map(({ length }) => length));
  for (const { file, lines: all, uncovered } of results)
    console.log(`${file.padEnd(width)}  ${all - uncovered.length} of ${all}${uncovered.length ? `  no test runs ${toRanges(uncovered)}` : ''}`);
  console.log(
    lines
      ? `${share} % of ${lines} changed lines since ${base.slice(0, 9)} are run by tests, of ${threshold} % asked for`
      : 'no line with a statement was changed',
  );
  if (share < threshold) throw new Error('add tests that run these lines, by the RPC or the command that needs them');
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
