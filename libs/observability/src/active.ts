import { Gauge } from 'prom-client';
import type { MetricsRegistry } from './exposition';

/** Adds a gauge of what is going on, by one label. Gives what counts one more until it is told of its end. */
export function addActive(registry: MetricsRegistry, name: string, help: string, label: string): (value: string) => () => void {
  const series = new Map<string, { active: number; readonly end: () => void }>();
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      for (const [value, { active }] of series) this.set({ [label]: value }, active);
    },
  });
  const open = (value: string) => {
    const opened = { active: 0, end: () => void opened.active-- };
    series.set(value, opened);
    return opened;
  };
  return (value) => {
    const one = series.get(value) ?? open(value);
    one.active++;
    return one.end;
  };
}
