import { readMetrics, type Scraped } from './metrics-text';

/** The metrics of a service at one moment. */
export interface Sample extends Scraped {
  /** Milliseconds since the epoch. */
  readonly time: number;
}

export interface Scraper {
  /** Scrapes each second for a while: somebody looks. */
  wake(): void;
  /** Samples of the last minute of a service, oldest first. */
  samples(service: string): readonly Sample[];
  /** Whether the last scrape of a service was answered. */
  isUp(service: string): boolean;
  start(): void;
  stop(): void;
}

export interface ScraperOptions {
  /** URL of `/metrics` by name of the service. */
  readonly targets: Readonly<Record<string, string>>;
  /** Names of the histograms to keep. */
  readonly isWanted: (name: string) => boolean;
  /** Told of each sample with the one before it. */
  readonly onSample: (service: string, sample: Sample, before: Sample | undefined) => void;
}

const keptMs = 60_000;
const lookedAtMs = 1_000;
// what nobody looks at costs next to nothing, and still has something to show to who comes
const unseenMs = 15_000;
const attentionMs = 5_000;
const timeoutMs = 2_000;

/** Asks the services for their metrics, as Prometheus would. */
export function createScraper({ targets, isWanted, onSample }: ScraperOptions): Scraper {
  const kept = new Map<string, Sample[]>(Object.keys(targets).map((service) => [service, []]));
  const up = new Set<string>();
  let seenAt = 0;
  let scrapedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = true;

  const scrape = async (service: string, url: string) => {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
      if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
      const sample = { time: Date.now(), ...readMetrics(await answer.text(), isWanted) };
      const samples = kept.get(service)!;
      onSample(service, sample, samples.at(-1));
      samples.push(sample);
      while (samples.length > 2 && samples[1]!.time < sample.time - keptMs) samples.shift();
      up.add(service);
    } catch {
      // shown as down
      up.delete(service);
    }
  };
  const plan = () => {
    clearTimeout(timer);
    const interval = Date.now() - seenAt < attentionMs ? lookedAtMs : unseenMs;
    timer = setTimeout(() => void round(), Math.max(0, scrapedAt + interval - Date.now())).unref();
  };
  const round = async () => {
    scrapedAt = Date.now();
    await Promise.all(Object.entries(targets).map(([service, url]) => scrape(service, url)));
    if (!isStopped) plan();
  };

  return {
    wake() {
      const wasUnseen = Date.now() - seenAt >= attentionMs;
      seenAt = Date.now();
      if (wasUnseen && !isStopped) plan();
    },
    samples: (service) => kept.get(service) ?? [],
    isUp: (service) => up.has(service),
    start() {
      isStopped = false;
      void round();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
