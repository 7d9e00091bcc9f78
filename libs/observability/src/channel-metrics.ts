import type { ObservedChannel } from '@gatehouse/rpc';
import { Gauge } from 'prom-client';
import type { MetricsRegistry } from './exposition';

// those of gRPC
const states = ['idle', 'connecting', 'ready', 'transient_failure', 'shutdown'] as const;

/** Adds what gRPC channels tell of themselves at each scrape. Gives what adds a channel. */
export function addChannels(registry: MetricsRegistry): (channel: ObservedChannel) => void {
  const channels: ObservedChannel[] = [];
  const registers = [registry];
  new Gauge({
    name: 'rpc_client_channel_state',
    help: 'Whether the channel to the target is in the state: 1 for one of them, 0 for the others',
    labelNames: ['target', 'state'],
    registers,
    collect() {
      for (const { target, connectivity } of channels) {
        const current = connectivity();
        for (const state of states) this.set({ target, state }, state === current ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: 'rpc_client_retry_budget_ratio',
    help: 'Share that is left of the failures for which the channel may try again; at 0 nothing is retried until answers come',
    labelNames: ['target'],
    registers,
    collect() {
      for (const { target, retryBudget } of channels) this.set({ target }, retryBudget());
    },
  });
  return (added) => void channels.push(added);
}
