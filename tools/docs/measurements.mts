// Writes docs/measurements.md from docs/measurements.json, which `npm run proof` writes; with --check says whether it is current.
import { readFileSync } from 'node:fs';
import { publish } from './page.mts';

interface StreamMemory {
  megabytes: number;
  seconds: number;
  restMiB: number;
  peakMiB: number;
}
interface ErrorAnswers {
  errors: number;
  seconds: number;
  /** How often each `<status> <reason>` was answered. */
  answers: Record<string, number>;
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
  measurements: Record<string, StreamMemory> & { 'error-answers'?: ErrorAnswers; 'metric-series'?: MetricSeries };
}

const names: Record<string, string> = { 'stream-memory-raw': 'raw bytes (`google.api.HttpBody`)', 'stream-memory-lines': 'lines of JSON (NDJSON), 16 kB each' };
const {
  commit,
  machine,
  measurements: { 'error-answers': errorAnswers, 'metric-series': series, ...streams },
} = JSON.parse(readFileSync('docs/measurements.json', 'utf8')) as Measurements;
const rows = Object.entries(streams).map(
  ([name, { megabytes, seconds, restMiB, peakMiB }]) => `| ${names[name] ?? name} | ${megabytes} | ${Math.round(seconds)} | ${Math.round(megabytes / seconds)} | ${restMiB} | ${peakMiB} | ${peakMiB - restMiB} |`,
);
const errorTable = errorAnswers && [
  '',
  '## Provoked errors',
  '',
  `${errorAnswers.errors} error answers in ${errorAnswers.seconds} s: fuzzed requests, every SQLSTATE that can be provoked from outside, killed services, deadlines. Each was a problem document of a documented reason, and neither an answer nor a log line told what it should not.`,
  '',
  '| status | reason | answers |',
  '| --- | --- | --- |',
  ...Object.entries(errorAnswers.answers).map(([answer, count]) => `| ${answer.replace(' ', ' | ')} | ${count} |`),
];
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
  ...(errorTable ?? []),
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
