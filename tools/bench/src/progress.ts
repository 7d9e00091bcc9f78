import { median } from 'd3-array';
import type { Comparison, Measure, Pair } from './comparison';
import type { Round } from './rounds';
import { cpuPerRequest, measureRound, type PairSummary } from './summary';

const columns = (cells: readonly string[]) => cells.map((cell, index) => (index === 1 ? cell.padEnd(14) : cell.padStart(12))).join('  ');
const toMicros = (micros: number) => `${micros.toFixed(1)} µs`;
const toText = (measure: Measure, value: number) => (measure === 'ratio' ? `${value.toFixed(2)} ×` : toMicros(value));

/** Tells on the terminal how a comparison goes: a line a sample, and below, where a person looks, how long it will take. */
export function createProgress(
  { title, measure }: Comparison,
  rounds: number,
  write: (text: string) => void,
): (round: number, pair: Pair, result: Round) => void {
  const values = new Map<Pair, number[]>();
  const begin = performance.now();
  let first: number | undefined;
  write(`\n${title}\n${columns(['round', '', 'CPU, first', 'second', 'this round', 'median'])}\n`);
  return (round, pair, result) => {
    const value = measureRound(measure, result);
    if (round > 0) values.set(pair, [...(values.get(pair) ?? []), value]);
    const cpu = [result.baseline, result.contender].map((sample) => toMicros(cpuPerRequest(sample)));
    const sofar = median(values.get(pair) ?? []);
    write(
      `${clearLine}${columns([round < 1 ? 'warm-up' : `${round}/${rounds}`, pair.name, ...cpu, toText(measure, value), sofar === undefined ? '' : toText(measure, sofar)])}\n`,
    );
    first ??= round;
    const left = ((rounds - round) * (performance.now() - begin)) / (round - first + 1) / 1000;
    if (process.stdout.isTTY) write(`${clearLine}about ${Math.ceil(left)} s left`);
  };
}

/** What came out, in a line for each pair. */
export function toVerdicts({ measure, bar }: Comparison, pairs: readonly PairSummary[]): string {
  const lines = pairs.map(({ name, isContext, spread: { low, median: middle, high } }) => {
    const values = [middle, low, high].map((value) => toText(measure, value));
    const sign = isContext ? '·' : middle <= bar ? '✔' : '✖';
    return `${sign} ${name}: ${values[0]} (half of the rounds from ${values[1]} to ${values[2]})${isContext ? '' : `, at most ${toText(measure, bar)}`}`;
  });
  return `${clearLine}${lines.join('\n')}\n`;
}

// the line on which the remaining time stood
const clearLine = process.stdout.isTTY ? '\r\x1b[K' : '';
