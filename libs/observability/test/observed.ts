import { Writable } from 'node:stream';
import { createObservability, type Observability, type ObservabilityOptions } from '../src';

export type Line = Readonly<Record<string, unknown>> & { readonly exception?: readonly Record<string, unknown>[] };

/** What a process of the name tells: its observers, and the lines it has logged. */
export function observe(service: string, options: Partial<ObservabilityOptions> = {}): Observability & { readonly lines: readonly Line[] } {
  const lines: Line[] = [];
  const logStream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      for (const line of text.split('\n').slice(0, -1)) lines.push(JSON.parse(line) as Line);
      done();
    },
  });
  return { ...createObservability({ service, version: '1.2.3', logLevel: 'info', logStream, ...options }), lines };
}

/** The value of a series in Prometheus' text format, by its name and labels as they are printed. */
export async function readSeries({ metrics }: Observability, series: string): Promise<number | undefined> {
  const { body } = await metrics();
  const line = body.split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}
