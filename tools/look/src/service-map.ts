import type { Edge, MethodRow, ServiceNode } from './answers';
import { toMethodName } from './charts';
import type { Histogram } from './metrics-text';
import type { Sample, Scraper } from './scraper';
import { addIncrease, type Counted, createCounted, toTraffic } from './traffic';

const families: ReadonlySet<string> = new Set([
  'http_server_request_duration_seconds',
  'rpc_server_call_duration_seconds',
  'rpc_client_call_duration_seconds',
  'db_client_operation_duration_seconds',
]);

/** The histograms that the map is made of. */
export const isOfMap = (name: string): boolean => families.has(name);

/** Callers outside of Gatehouse. */
const outside = 'clients';

export interface ServiceMap {
  nodes(): readonly ServiceNode[];
  edges(): readonly Edge[];
  methods(): readonly MethodRow[];
}

/** Who calls whom, and what of it there was in the last minute, from the metrics of both ends. */
export function createServiceMap(services: readonly string[], scraper: Pick<Scraper, 'samples' | 'isUp'>): ServiceMap {
  // told by the servers' own metrics; remembered, as an arrow stays when the process it points to is gone
  const owners = new Map<string, string>();
  const learnOwners = () => {
    for (const service of services)
      for (const { name, labels } of scraper.samples(service).at(-1)?.histograms.values() ?? [])
        if (name === 'rpc_server_call_duration_seconds') owners.set(toContract(labels['rpc_method']), service);
  };
  const toTarget = (service: string, histogram: Histogram): readonly [string, string] | undefined => {
    const { name, labels } = histogram;
    if (name === 'http_server_request_duration_seconds') return [outside, service];
    if (name === 'db_client_operation_duration_seconds') return [service, `${service} database`];
    const contract = toContract(labels['rpc_method']);
    return name === 'rpc_client_call_duration_seconds' ? [service, owners.get(contract) ?? contract] : undefined;
  };
  /** Counts of the last minute of every service, by whatever `toKey` says. */
  const count = (toKey: (service: string, histogram: Histogram) => readonly [string, string] | undefined) => {
    const counts = new Map<string, { key: readonly [string, string]; counted: Counted; seconds: number }>();
    for (const service of services) {
      const [first, last] = ends(scraper.samples(service));
      if (!first || !last) continue;
      for (const [series, histogram] of last.histograms) {
        const key = toKey(service, histogram);
        if (!key) continue;
        const entry = counts.get(key.join('\n')) ?? { key, counted: createCounted(), seconds: (last.time - first.time) / 1000 };
        counts.set(key.join('\n'), entry);
        if (first !== last) addIncrease(entry.counted, histogram, first.histograms.get(series));
      }
    }
    return [...counts.values()].map(({ key, counted, seconds }) => ({ key, traffic: toTraffic(counted, seconds) }));
  };

  return {
    nodes: () => services.map((name) => ({ name, isUp: scraper.isUp(name), ...toLoad(scraper.samples(name)) })),
    edges() {
      learnOwners();
      return count(toTarget).map(({ key: [from, to], traffic }) => ({ from, to, ...traffic }));
    },
    methods() {
      const toRow = (service: string, histogram: Histogram) => {
        const name = toMethodName(histogram);
        return name === undefined ? undefined : ([service, name] as const);
      };
      return count(toRow).map(({ key: [service, name], traffic }) => ({ service, name, ...traffic }));
    },
  };
}

/** `pkg.Service` of `pkg.Service/Method`. */
const toContract = (method = '') => method.slice(0, method.lastIndexOf('/'));

const ends = (samples: readonly Sample[]) => [samples[0], samples.at(-1)];

function toLoad(samples: readonly Sample[]): Pick<ServiceNode, 'cpu' | 'memoryBytes'> {
  const [first, last] = ends(samples);
  const spent = (sample: Sample | undefined) => sample?.values.get('process_cpu_seconds_total');
  const [from, to] = [spent(first), spent(last)];
  const seconds = first && last ? (last.time - first.time) / 1000 : 0;
  const cpu = from !== undefined && to !== undefined && to >= from && seconds > 0 ? (to - from) / seconds : null;
  return { cpu, memoryBytes: last?.values.get('process_resident_memory_bytes') ?? null };
}
