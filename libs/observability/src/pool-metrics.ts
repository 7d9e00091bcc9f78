import type { ObservedPool } from '@gatehouse/postgres';
import { Gauge } from 'prom-client';
import type { MetricsRegistry } from './exposition';

const pool = 'db_client_connection_pool_name';
const state = 'db_client_connection_state';

/** Adds what connection pools tell of themselves at each scrape. Gives what adds a pool. */
export function addPools(registry: MetricsRegistry): (pool: ObservedPool) => void {
  const pools: ObservedPool[] = [];
  const registers = [registry];
  new Gauge({
    name: 'db_client_connections',
    help: 'Connections of the pool by their state, idle or used',
    labelNames: [pool, state],
    registers,
    collect() {
      for (const { name, stats } of pools) {
        const { size, idle } = stats();
        this.set({ [pool]: name, [state]: 'idle' }, idle);
        this.set({ [pool]: name, [state]: 'used' }, size - idle);
      }
    },
  });
  new Gauge({
    name: 'db_client_connection_max',
    help: 'Connections that the pool may have',
    labelNames: [pool],
    registers,
    collect() {
      for (const { name, stats } of pools) this.set({ [pool]: name }, stats().max);
    },
  });
  new Gauge({
    name: 'db_client_connection_pending_requests',
    help: 'Callers that wait for a connection of the pool',
    labelNames: [pool],
    registers,
    collect() {
      for (const { name, stats } of pools) this.set({ [pool]: name }, stats().waiting);
    },
  });
  return (added) => void pools.push(added);
}
