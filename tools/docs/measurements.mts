// Writes docs/measurements.md from docs/measurements.json, which `npm run proof` writes; with --check says whether it is current.
import { readFileSync } from 'node:fs';
import { publish } from './page.mts';

interface StreamMemory {
  megabytes: number;
  seconds: number;
  restMiB: number;
  peakMiB: number;
}
type Load = Record<'requests' | 'p50Ms' | 'p99Ms' | 'memoryMiB', number>;
type CollectorOutage = Record<'well' | 'away', Load>;
interface Measurements {
  commit: string;
  machine: { cores: number; processor: string; memoryGiB: number; node: string };
  measurements: Record<string, StreamMemory | CollectorOutage>;
}

const names: Record<string, string> = { 'stream-memory-raw': 'raw bytes (`google.api.HttpBody`)', 'stream-memory-lines': 'lines of JSON (NDJSON), 16 kB each' };
const { commit, machine, measurements } = JSON.parse(readFileSync('docs/measurements.json', 'utf8')) as Measurements;
const readAll = <T extends StreamMemory | CollectorOutage>(prefix: string) => Object.entries(measurements).filter(([name]) => name.startsWith(prefix)) as [string, T][];
const rows = readAll<StreamMemory>('stream-memory-').map(
  ([name, { megabytes, seconds, restMiB, peakMiB }]) => `| ${names[name] ?? name} | ${megabytes} | ${Math.round(seconds)} | ${Math.round(megabytes / seconds)} | ${restMiB} | ${peakMiB} | ${peakMiB - restMiB} |`,
);
const outages = readAll<CollectorOutage>('collector-').map(([name, { well, away }]) => {
  const change = Math.round((away.p99Ms / well.p99Ms - 1) * 100);
  return `| ${name.replace('collector-', '')} | ${away.requests} | ${well.p50Ms} → ${away.p50Ms} | ${well.p99Ms} → ${away.p99Ms} | ${change > 0 ? '+' : ''}${change} % | ${well.memoryMiB} → ${away.memoryMiB} |`;
});
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
  ...(outages.length
    ? [
        '',
        '## A collector of traces that is away',
        '',
        'The built services under 50 requests a second, a minute with a collector that is well and then a minute with one that is not: times from when a request was due until it was answered, in ms, and the most resident memory of the gateway, in MiB.',
        '',
        '| collector | requests | p50 | p99 | change of p99 | memory |',
        '| --- | --- | --- | --- | --- | --- |',
        ...outages,
      ]
    : []),
  '',
].join('\n');
publish('docs/measurements.md', text, 'the measurements');
