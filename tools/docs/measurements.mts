// Writes docs/measurements.md from docs/measurements.json, which `npm run proof` writes; with --check says whether it is current.
import { readFileSync } from 'node:fs';
import { type DirectoryRun, toDirectoryFigure, toDirectoryLines } from './directory.mts';
import { publish } from './page.mts';
import { type ReplicaRun, toReplicaFigure, toReplicaLines } from './replicas.mts';

type Measured<T> = T & { commit: string };
type StreamMemory = Record<'megabytes' | 'seconds' | 'restMiB' | 'peakMiB', number>;
/** How often each `<status> <reason>` was answered. */
type ErrorAnswers = { errors: number; seconds: number; answers: Record<string, number> };
type MetricSeries = Record<'requests' | 'seconds' | 'before' | 'after', number>;
type Load = Record<'requests' | 'p50Ms' | 'p99Ms' | 'memoryMiB', number>;
type Waits = Record<'watched' | 'p50Ms' | 'p99Ms' | 'maxMs', number>;
type Revocations = Record<'perSecond' | 'seconds' | 'heldSeconds' | 'verifiers' | 'late' | 'healedMs', number> & Record<'steady' | 'after', Waits>;
type Enumeration = { calls: number; people: number; aucs: Record<string, number>; medianMs: Record<string, readonly [known: number, unknown: number]> };
type CollectorOutage = Record<'well' | 'away', Load>;

const { machine, measurements } = JSON.parse(readFileSync('docs/measurements.json', 'utf8')) as {
  machine: { cores: number; processor: string; memoryGiB: number; node: string };
  measurements: Record<string, Measured<object>>;
};
const readAll = <T,>(prefix: string) => Object.entries(measurements).filter(([name]) => name.startsWith(prefix)) as [string, Measured<T>][];
/** A section for what was measured; none for what was not yet. */
const toSection = <T,>(title: string, prefix: string, toLines: (all: readonly [string, Measured<T>][]) => string[]): string[] => {
  const all = readAll<T>(prefix);
  return all.length ? [`## ${title}`, '', ...toLines(all), '', `Commit ${[...new Set(all.map(([, { commit }]) => commit))].join(', ')}.`, ''] : [];
};

const streamNames: Record<string, string> = {
  'stream-memory-raw': 'raw bytes (`google.api.HttpBody`)',
  'stream-memory-lines': 'lines of JSON (NDJSON), 16 kB each',
};
const toStreams = (all: readonly [string, StreamMemory][]) => [
  'A gateway process between a service that gives as fast as it is let and a reader that rests after every other megabyte. Resident memory in MiB: the most during the warm-up, and the most from then on.',
  '',
  '| stream | MB | s | MB/s | warm-up | after | grown |',
  '| --- | --- | --- | --- | --- | --- | --- |',
  ...all.map(
    ([name, { megabytes, seconds, restMiB, peakMiB }]) =>
      `| ${streamNames[name] ?? name} | ${megabytes} | ${Math.round(seconds)} | ${Math.round(megabytes / seconds)} | ${restMiB} | ${peakMiB} | ${peakMiB - restMiB} |`,
  ),
];
const toErrors = (all: readonly [string, ErrorAnswers][]) =>
  all.flatMap(([, { errors, seconds, answers }]) => [
    `${errors} error answers in ${seconds} s: fuzzed requests, every SQLSTATE that can be provoked from outside, killed services, deadlines. Each was a problem document of a documented reason, and neither an answer nor a log line told what it should not.`,
    '',
    '| status | reason | answers |',
    '| --- | --- | --- |',
    ...Object.entries(answers).map(([answer, count]) => `| ${answer.replace(' ', ' | ')} | ${count} |`),
  ]);
const toSeries = (all: readonly [string, MetricSeries][]) =>
  all.map(
    ([, { requests, seconds, before, after }]) =>
      `${requests} requests for paths, HTTP methods, gRPC methods and people that do not exist, no two the same, to the three services in ${Math.round(seconds)} s. Series that callers can bring about: ${before} before, ${after} after.`,
  );
const toEnumeration = (all: readonly [string, Enumeration][]) =>
  all.flatMap(([, { calls, people, aucs, medianMs }]) => [
    `With \`AUTH_SIGNUP_VERIFICATION=required\`: ${calls} calls of each method with emails of ${people} accounts and as many with emails of none, in turn, through the gateway. All answers of a method were the same. The AUC is that of a classifier on time (Mann-Whitney): 0.5 is a coin, 1 is certainty.`,
    '',
    '| method | AUC | median known, ms | median unknown, ms |',
    '| --- | --- | --- | --- |',
    ...Object.entries(aucs).map(([method, auc]) => `| ${method} | ${auc} | ${medianMs[method]?.join(' | ')} |`),
  ]);
const toOutages = (all: readonly [string, CollectorOutage][]) => [
  'The built services under 50 requests a second, a minute with a collector that is well and then a minute with one that is not: times from when a request was due until it was answered, in ms, and the most resident memory of the gateway, in MiB.',
  '',
  '| collector | requests | p50 | p99 | change of p99 | memory |',
  '| --- | --- | --- | --- | --- | --- |',
  ...all.map(([name, { well, away }]) => {
    const change = Math.round((away.p99Ms / well.p99Ms - 1) * 100);
    return `| ${name.replace('collector-', '')} | ${away.requests} | ${well.p50Ms} → ${away.p50Ms} | ${well.p99Ms} → ${away.p99Ms} | ${change > 0 ? '+' : ''}${change} % | ${well.memoryMiB} → ${away.memoryMiB} |`;
  }),
];

const toRevocations = (all: readonly [string, Revocations][]) =>
  all.flatMap(([, { perSecond, seconds, heldSeconds, verifiers, late, healedMs, ...waits }]) => [
    `${perSecond} sessions a second end for ${seconds} s, before ${verifiers} processes that verify tokens, the gateway and two of \`user\`: one in ten is watched, from the answer to the logout until each process refuses the token, asked each 25 ms. By their own count, ${late} of ${perSecond * seconds} took longer than a second from when they were written. Then nothing passes from \`auth\` to the three for ${heldSeconds} s, while as many sessions end: ${healedMs} ms after it passes again the last of them is refused, and none is missed. Milliseconds:`,
    '',
    '| sessions end | watched | p50 | p99 | most |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries({ steadily: waits.steady, 'after the feed was held': waits.after }).map(
      ([name, { watched, p50Ms, p99Ms, maxMs }]) => `| ${name} | ${watched} | ${p50Ms} | ${p99Ms} | ${maxMs} |`,
    ),
  ]);

const replicaRuns = readAll<ReplicaRun>('replicas-')
  .map(([, run]) => run)
  .sort((one, other) => one.count - other.count);
const [directoryRun] = readAll<DirectoryRun>('directory').map(([, run]) => run);

const text = [
  '# Measurements',
  '',
  'Made from `measurements.json` by `npm run docs`; `npm run proof` takes them anew, `npm run proof -- errors` those with that word.',
  '',
  `${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, Node ${machine.node}.`,
  '',
  ...toSection('A long stream to a slow reader', 'stream-memory-', toStreams),
  ...toSection('Provoked errors', 'error-answers', toErrors),
  ...toSection('An attack on the metrics', 'metric-series', toSeries),
  ...toSection('Who has an account', 'enumeration', toEnumeration),
  ...toSection('A collector of traces that is away', 'collector-', toOutages),
  ...toSection('Revocations', 'revocations', toRevocations),
  ...toSection<ReplicaRun>('Replicas', 'replicas-', () => toReplicaLines(replicaRuns)),
  ...toSection<DirectoryRun>('Directories', 'directory', () => toDirectoryLines(directoryRun!)),
].join('\n');
publish('docs/measurements.md', text, 'the measurements');
if (replicaRuns.length) publish('docs/figures/replicas.svg', toReplicaFigure(replicaRuns), 'the measurements');
if (directoryRun) publish('docs/figures/directory.svg', toDirectoryFigure(directoryRun), 'the measurements');
