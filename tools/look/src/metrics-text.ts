/** A histogram with its labels but `le`. Counts are cumulative, as Prometheus has them. */
export interface Histogram {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  count: number;
  /** Upper bound in the unit of the metric, and how many were at most that. */
  readonly buckets: [number, number][];
}

export interface Scraped {
  readonly histograms: ReadonlyMap<string, Histogram>;
  /** Values without labels. */
  readonly values: ReadonlyMap<string, number>;
}

const label = '[a-zA-Z_]\\w*="(?:\\\\.|[^"\\\\])*"';
// name, labels, value; an exemplar or a time may follow
const sample = new RegExp(`^([a-zA-Z_:][\\w:]*)(?:\\{((?:${label},?)*)\\})? (\\S+)`);
const labels = new RegExp(`([a-zA-Z_]\\w*)="((?:\\\\.|[^"\\\\])*)"`, 'g');

/** Reads histograms whose name `isWanted`, and plain values, of Prometheus' text format or OpenMetrics. */
export function readMetrics(text: string, isWanted: (name: string) => boolean): Scraped {
  const histograms = new Map<string, Histogram>();
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = line.startsWith('#') ? null : sample.exec(line);
    if (!match) continue;
    const [, name, labelText, value] = match as unknown as [string, string, string | undefined, string];
    if (!labelText) {
      values.set(name, Number(value));
      continue;
    }
    const series = /^(.*)_(bucket|count)$/.exec(name);
    if (!series || !isWanted(series[1]!)) continue;
    const [, family, part] = series as unknown as [string, string, string];
    const { le, ...own }: Record<string, string> = Object.fromEntries([...labelText.matchAll(labels)].map(([, key, quoted]) => [key, unescape(quoted!)]));
    const key = `${family} ${JSON.stringify(own)}`;
    const histogram = histograms.get(key) ?? { name: family, labels: own, count: 0, buckets: [] };
    histograms.set(key, histogram);
    if (part === 'count') histogram.count = Number(value);
    else histogram.buckets.push([le === '+Inf' ? Infinity : Number(le), Number(value)]);
  }
  return { histograms, values };
}

const unescape = (quoted: string) => quoted.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
