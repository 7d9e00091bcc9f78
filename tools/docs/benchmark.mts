// What `npm run bench` writes of a comparison.
import { readFileSync } from 'node:fs';

export interface Benchmark {
  name: string;
  title: string;
  about: string;
  measure: 'ratio' | 'difference';
  bar: number;
  commit: string;
  machine: { cores: number; processor: string; memoryGiB: number; node: string };
  load: number;
  pairs: BenchmarkPair[];
}

export interface BenchmarkPair {
  name: string;
  requests: number;
  baseline: Contender;
  contender: Contender;
  spread: { low: number; median: number; high: number };
  values: number[];
}

interface Contender {
  name: string;
  cpuMicros: number;
  p50Ms?: number;
  p99Ms?: number;
}

export const readBenchmark = (folder: string, name: string): Benchmark => ({ name, ...JSON.parse(readFileSync(`${folder}/benchmarks/${name}.json`, 'utf8')) });

/** A value in the unit of what was measured. */
export const toText = ({ measure }: Pick<Benchmark, 'measure'>, value: number): string =>
  measure === 'ratio' ? `${value.toFixed(2)} ×` : `${value.toFixed(1)} µs`;
