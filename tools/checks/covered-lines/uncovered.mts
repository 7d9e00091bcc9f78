import type { CoverageMap, FileCoverage } from 'istanbul-lib-coverage';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

export interface FileResult {
  readonly file: string;
  /** How many of the changed lines hold statements. */
  readonly lines: number;
  /** Those of them with a statement that no test ran. */
  readonly uncovered: readonly number[];
}

const isSilent = (text: string) => /^\s*(\/\/.*|\/?\*.*|[\])}>;,]*)$/.test(text);

/** What became of the changed lines of a file. One that belongs to a longer statement is covered as that is. */
export function judgeLines(coverage: CoverageMap, file: string, changed: readonly number[]): FileResult {
  const path = resolve(file);
  if (!coverage.files().includes(path)) return { file, lines: 0, uncovered: [] };
  const texts = readFileSync(path, 'utf8').split('\n');
  const { statementMap, s: runs } = coverage.fileCoverageFor(path) as FileCoverage;
  const statements = Object.entries(statementMap).map(([id, { start, end }]) => ({ start: start.line, end: end.line, runs: runs[id]! }));
  const judged = changed.flatMap((line) => {
    if (isSilent(texts[line - 1] ?? '')) return [];
    const own = statements.filter(({ start }) => start === line);
    const around = statements.filter(({ start, end }) => start < line && line <= end).sort((one, other) => one.end - one.start - (other.end - other.start));
    const concerned = own.length ? own : around.slice(0, 1);
    return concerned.length ? [{ line, isCovered: concerned.every((statement) => statement.runs > 0) }] : [];
  });
  return { file, lines: judged.length, uncovered: judged.filter(({ isCovered }) => !isCovered).map(({ line }) => line) };
}

/** `3, 7-9` */
export function toRanges(lines: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last && last[1] === line - 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}
