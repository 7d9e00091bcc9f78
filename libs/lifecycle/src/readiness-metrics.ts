import type { MetricsRegistry } from '@gatehouse/observability';
import { Gauge } from 'prom-client';
import type { Readiness } from './readiness';

/** Adds whether the process can serve, and which of its checks fail, as they are at each scrape. @throws Error when the registry has them already */
export function addReadinessMetrics(registry: MetricsRegistry, readiness: Pick<Readiness, 'report'>): void {
  const registers = [registry];
  new Gauge({
    name: 'gatehouse_ready',
    help: 'Whether the process can serve',
    registers,
    collect() {
      this.set(readiness.report().ready ? 1 : 0);
    },
  });
  new Gauge({
    name: 'gatehouse_readiness_check_ok',
    help: 'Whether the check, without which the process cannot serve, is well',
    labelNames: ['check'],
    registers,
    collect() {
      for (const [check, state] of Object.entries(readiness.report().checks)) this.set({ check }, state === 'ok' ? 1 : 0);
    },
  });
}
