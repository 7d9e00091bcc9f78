// Writes docs/measurements.md from docs/measurements.json, which `npm run proof` writes; with --check says whether it is current.
import { readFileSync } from 'node:fs';
import { publish } from './page.mts';

interface StreamMemory {
  megabytes: number;
  seconds: number;
  restMiB: number;
  peakMiB: number;
}
interface MetricSeries {
  requests: number;
  seconds: number;
  before: number;
  after: number;
}
interface Measurements {
  commit: string;
  machine: { cores: number; processor: string; memoryGiB: number; node: string };
  measurements: Record<string, StreamMemory> & { 'metric-series'?: MetricSeries };
}

const names: Record<string, string> = { 'stream-memory-raw': 'raw bytes (`google.api.HttpBody`)', 'stream-memory-lines': 'lines of JSON (NDJSON), 16 kB each' };
const { commit, machine, measurements } = JSON.parse(readFileSync('docs/measurements.json', 'utf8')) as Measurements;
const { 'metric-series': series, ...streams } = measurements;
const rows = Object.entries(streams).map(
  ([name, { megabytes, seconds, restMiB, peakMiB }]) => `| ${names[name] ?? name} | ${megabytes} | ${Math.round(seconds)} | ${Math.round(megabytes / seconds)} | ${restMiB} | ${peakMiB} | ${peakMiB - restMiB} |`,
);
const text = [
  '# Measurements',
  '',
  'Made from `measurements.json` by `npm run docs`; `npm run proof` takes them anew.',
  '',
  `Commit ${commit}, ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, Node ${machine.node}.`,
  '',
  '## A long stream to a slow reader',
  '',
  'A gateway process between a service that gives as fast as it is let and a reader that rests after every other megabyte. Resident memory in MiB: the most during the warm-up, and the most from then on.',
  '',
  '| stream | MB | s | MB/s | warm-up | after | grown |',
  '| --- | --- | --- | --- | --- | --- | --- |',
  ...rows,
  '',
  ...(series
    ? [
        '## An attack on the metrics',
        '',
        `${series.requests} requests for paths, HTTP methods, gRPC methods and people that do not exist, no two the same, to the three services in ${Math.round(series.seconds)} s. Series that callers can bring about: ${series.before} before, ${series.after} after.`,
        '',
      ]
    : []),
].join('\n');
publish('docs/measurements.md', text, 'the measurements');
