import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Gatehouse, startGatehouse } from './support/gatehouse';
import { logIn, send } from './support/http';
import { type PacedLoad, runPacedLoad } from './support/paced-load';
import { until } from './support/service-process';
import { type CollectorState, createSwitchedCollector, type SwitchedCollector } from './support/switched-collector';

// `npm run proof` asks for the full size, with times and memory; else requests are counted
const isProof = process.env['PROOF'] === 'full';
const size = isProof ? { perSecond: 50, seconds: 60 } : { perSecond: 100, seconds: 1 };
// of the gateway: of the request and of the call
const spansOfRequest = 2;

let collector: SwitchedCollector;
let gatehouse: Gatehouse;
let token: string;
beforeAll(async () => {
  collector = await createSwitchedCollector();
  gatehouse = await startGatehouse({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...(isProof ? {} : { OTEL_EXPORTER_OTLP_TIMEOUT: '300' }) } });
  token = await logIn(gatehouse.url, gatehouse.administrator);
  // what a process takes to warm up is not the collector's doing
  if (isProof) await runPacedLoad(ask, size);
});
afterAll(async () => {
  await gatehouse.close();
  await collector.close();
});

const ask = () => send(gatehouse.url, 'GET', '/v1/users/me', { token });
const readMetric = async (series: string): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${gatehouse.ports.gatewayAdmin}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1],
  );
};
const readDropped = async () =>
  (await Promise.all(['export_failed', 'queue_full', 'closed'].map((reason) => readMetric(`span_dropped_total{reason="${reason}"}`)))).reduce(
    (sum, count) => sum + count,
  );
const readSent = () => readMetric('span_exported_total');
const mib = 1024 * 1024;
const readMemory = async () => (await readMetric('process_resident_memory_bytes')) / mib;

/** A load, and the most memory that the gateway had meanwhile. */
async function load(): Promise<PacedLoad & { readonly memoryMiB: number }> {
  let memoryMiB = 0;
  const timer = setInterval(() => void readMemory().then((now) => (memoryMiB = Math.max(memoryMiB, now))), 500);
  const measured = await runPacedLoad(ask, size);
  clearInterval(timer);
  return { ...measured, memoryMiB: Math.max(memoryMiB, await readMemory()) };
}

it.each<CollectorState>(['hangs', 'refuses', 'dies'])(
  'a collector that %s costs requests nothing but their spans, which are counted, and is used again when it is well',
  async (state) => {
    const [sent, dropped] = [await readSent(), await readDropped()];
    const well = await load();
    await collector.turn(state);
    const away = await load();
    await until('spans are dropped', async () => (await readDropped()) > dropped);
    const sentMeanwhile = await readSent();
    await collector.turn('well');
    await ask();
    const made = (well.requests + away.requests + 1) * spansOfRequest;
    await until('every span is counted', async () => (await readSent()) - sent + (await readDropped()) - dropped >= made, 60_000);
    await until('spans leave again', async () => (await readSent()) > sentMeanwhile);
    expect([well.statuses, away.statuses]).toEqual([new Set([200]), new Set([200])]);
    if (!isProof) return;
    keepMeasurement(state, { well, away });
    expect(away.p99Ms / well.p99Ms).toBeLessThan(1.1);
    expect(away.memoryMiB - well.memoryMiB).toBeLessThan(50);
  },
  400_000,
);

function keepMeasurement(state: CollectorState, { well, away }: Record<'well' | 'away', PacedLoad & { readonly memoryMiB: number }>): void {
  const folder = resolve(__dirname, '../../../tmp/measurements');
  const round = (value: number) => Math.round(value * 100) / 100;
  const figures = Object.entries({ well, away }).map(([name, { requests, p50Ms, p99Ms, memoryMiB }]) => [
    name,
    { requests, p50Ms: round(p50Ms), p99Ms: round(p99Ms), memoryMiB: round(memoryMiB) },
  ]);
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, `collector-${state}.json`), JSON.stringify(Object.fromEntries(figures)));
}
